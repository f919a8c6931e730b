//! Transactions, migrations, and the differences between two dialects of SQL.
