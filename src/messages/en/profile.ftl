### About profiles.

not-carried-regime = This version does not meet the duties of regime { $regime } yet. It inspects, and files nothing.
not-carried-setting = This version cannot do { $setting } yet. It inspects, and files nothing. Please remove the setting or await a version that can.
