//! The people register: who has an account, under which login and name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{PeopleError, Refused};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::{Name, PersonId};
use crate::instant::Instant;

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    pub id: PersonId,
    pub login: Name,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// 職種.
    pub occupation: String,
    /// 所属.
    pub department: String,
    pub state: PersonState,
    /// Who made the account; nobody for those of the genesis entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<PersonId>,
    pub created_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonState {
    Active,
    Suspended,
}

/// What is asked of somebody who gets an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewPerson {
    pub login: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    pub occupation: String,
    pub department: String,
}

/// What changes of a person's name and place; what is absent stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    pub name: Option<String>,
    pub kana: Option<String>,
    pub occupation: Option<String>,
    pub department: Option<String>,
}

impl NewPerson {
    /// The person that will be registered.
    ///
    /// # Errors
    /// When the login is none, or something is missing that enters records.
    pub fn into_person(self, created_by: Option<PersonId>, now: Instant) -> Result<Person, Refused> {
        let Ok(login) = self.login.parse() else { return Err(Refused::InvalidLogin { login: self.login }) };
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (Some(name), Some(occupation), Some(department)) =
            (given(self.name), given(self.occupation), given(self.department))
        else {
            return Err(Refused::IncompletePerson);
        };
        Ok(Person {
            id: PersonId::new(),
            login,
            name,
            kana: self.kana.and_then(given),
            occupation,
            department,
            state: PersonState::Active,
            created_by,
            created_at: now,
        })
    }
}

impl Person {
    /// The same person, called otherwise from now on.
    ///
    /// # Errors
    /// When something is missing that enters records.
    pub fn renamed(self, called: Called) -> Result<Self, Refused> {
        let new = NewPerson {
            login: self.login.to_string(),
            name: called.name.unwrap_or(self.name),
            kana: called.kana.or(self.kana),
            occupation: called.occupation.unwrap_or(self.occupation),
            department: called.department.unwrap_or(self.department),
        };
        let said = new.into_person(self.created_by, self.created_at)?;
        Ok(Self { id: self.id, state: self.state, ..said })
    }

    /// What a passphrase must not resemble.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        [Some(self.login.as_str()), Some(self.name.as_str()), self.kana.as_deref()].into_iter().flatten().collect()
    }
}

const COLUMNS: &str = "id, login, name, kana, occupation, department, state, created_by, created_at";

pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// The person with this login, suspended or not.
///
/// # Errors
/// When nobody has it.
pub async fn named(tx: &mut Tx, login: &str) -> Result<Person, PeopleError> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE login = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(login.to_owned()).fetch_optional(tx).await?;
    let person = row.as_ref().map(read_row).transpose()?;
    person.ok_or_else(|| Refused::UnknownPerson { login: login.to_owned() }.into())
}

/// The person with this login.
///
/// # Errors
/// When nobody has it, or the account is suspended.
pub async fn active(tx: &mut Tx, login: &str) -> Result<Person, PeopleError> {
    let person = named(tx, login).await?;
    match person.state {
        PersonState::Active => Ok(person),
        PersonState::Suspended => Err(Refused::Suspended { login: login.to_owned() }.into()),
    }
}

/// Whether somebody is suspended by now.
pub async fn is_suspended(tx: &mut Tx, person: PersonId) -> Result<bool, DatabaseError> {
    Ok(get(tx, person).await?.is_some_and(|person| person.state == PersonState::Suspended))
}

/// Everybody, by login.
pub async fn list(tx: &mut Tx) -> Result<Vec<Person>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM person ORDER BY login");
    sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(tx).await?.iter().map(read_row).collect()
}

/// Refuses a login that somebody has. Logins are never given out again, since records name people by them.
pub(super) async fn refuse_taken(tx: &mut Tx, login: &Name) -> Result<(), PeopleError> {
    let row = sqlx::query("SELECT id FROM person WHERE login = $1").bind(login.to_string()).fetch_optional(tx).await?;
    match row {
        None => Ok(()),
        Some(_) => Err(Refused::LoginTaken { login: login.to_string() }.into()),
    }
}

pub(super) async fn insert(tx: &mut Tx, person: &Person) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO person (id, login, name, kana, occupation, department, state, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(person.id.to_string())
    .bind(person.login.to_string())
    .bind(person.name.clone())
    .bind(person.kana.clone())
    .bind(person.occupation.clone())
    .bind(person.department.clone())
    .bind(state_text(person.state))
    .bind(person.created_by.map(|by| by.to_string()))
    .bind(person.created_at.as_microseconds())
    .execute(tx)
    .await?;
    Ok(())
}

/// Enters what a person is called now. The login stays: records name people by it.
pub(super) async fn rename(tx: &mut Tx, person: &Person) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE person SET name = $1, kana = $2, occupation = $3, department = $4 WHERE id = $5")
        .bind(person.name.clone())
        .bind(person.kana.clone())
        .bind(person.occupation.clone())
        .bind(person.department.clone())
        .bind(person.id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_state(tx: &mut Tx, person: PersonId, state: PersonState) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE person SET state = $1 WHERE id = $2");
    query.bind(state_text(state)).bind(person.to_string()).execute(tx).await?;
    Ok(())
}

fn read_row(row: &AnyRow) -> Result<Person, DatabaseError> {
    let state: String = row.try_get("state")?;
    Ok(Person {
        id: row.try_get::<String, _>("id")?.parse().map_err(unreadable("person.id"))?,
        login: row.try_get::<String, _>("login")?.parse().map_err(unreadable("person.login"))?,
        name: row.try_get("name")?,
        kana: row.try_get("kana")?,
        occupation: row.try_get("occupation")?,
        department: row.try_get("department")?,
        state: match state.as_str() {
            "active" => PersonState::Active,
            "suspended" => PersonState::Suspended,
            other => return Err(unreadable("person.state")(other)),
        },
        created_by: row
            .try_get::<Option<String>, _>("created_by")?
            .map(|by| by.parse())
            .transpose()
            .map_err(unreadable("person.created_by"))?,
        created_at: instant("person.created_at", row.try_get("created_at")?)?,
    })
}

const fn state_text(state: PersonState) -> &'static str {
    match state {
        PersonState::Active => "active",
        PersonState::Suspended => "suspended",
    }
}
