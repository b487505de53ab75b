//! From an empty or older file to the schema of this server, one numbered step after the other.

use rusqlite::{Connection, TransactionBehavior};

use super::{StorageError, failed};

/// Step *n* leads from version *n* to version *n* + 1.
const STEPS: [&str; 8] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_card_states.sql"),
    include_str!("migrations/0003_redemption_limits.sql"),
    include_str!("migrations/0004_failures.sql"),
    include_str!("migrations/0005_rescue.sql"),
    include_str!("migrations/0006_erasures.sql"),
    include_str!("migrations/0007_photos.sql"),
    include_str!("migrations/0008_one_row.sql"),
];
const NEWEST: i64 = STEPS.len() as i64;
/// "YRSV": marks a file as ours.
const APPLICATION: i64 = 0x5952_5356;

/// Whether this file may be used, without writing to it.
pub(super) fn admit(connection: &Connection) -> Result<(), StorageError> {
    let (application, version) = (pragma(connection, "application_id")?, pragma(connection, "user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION && (tables > 0 || version != 0) {
        return Err(StorageError::Foreign);
    }
    if version > NEWEST {
        return Err(StorageError::Newer { found: version, known: NEWEST });
    }
    Ok(())
}

/// Takes the steps that are missing. A step and its number are one transaction, so a killed upgrade continues.
///
/// A step may build a table anew, so foreign keys are not enforced statement by statement here (`foreign_keys` must be
/// off) but looked at as a whole before each commit.
pub(super) fn run(connection: &mut Connection) -> Result<(), StorageError> {
    loop {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Read under the lock: another process may be upgrading too.
        let version = pragma(&tx, "user_version")?;
        let step = usize::try_from(version).ok().and_then(|version| STEPS.get(version));
        let Some(step) = step else {
            return Ok(());
        };
        tx.execute_batch(step).map_err(failed)?;
        let broken: i64 = tx
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", (), |row| row.get(0))
            .map_err(failed)?;
        if broken > 0 {
            return Err(StorageError::Damaged { table: "a reference" });
        }
        tx.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
        tx.pragma_update(None, "user_version", version + 1).map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, StorageError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::SqliteStorage;
    use super::*;

    #[test]
    fn a_newer_database_is_refused_and_left_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        drop(SqliteStorage::create(&file).unwrap());
        let raw = Connection::open(&file).unwrap();
        raw.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        drop(raw);
        let before = std::fs::read(&file).unwrap();
        assert_eq!(
            SqliteStorage::open(&file).err(),
            Some(StorageError::Newer { found: NEWEST + 1, known: NEWEST })
        );
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }

    /// A database of version 1 in which two persons joined with the first of two cards and one of them sent something.
    const VERSION_1: &str = "
        INSERT INTO programme VALUES ('p', 1, '{}');
        INSERT INTO card VALUES (x'01', 'p', 1, 1, 5), (x'02', 'p', 2, 1, 6);
        INSERT INTO enrollment VALUES (x'11', x'01', 'p');
        INSERT INTO member (id, enrollment) VALUES (x'21', x'11'), (x'22', x'11');
        INSERT INTO device VALUES (x'31', x'41', x'21', x'01', 7, 3), (x'32', x'42', x'22', x'01', 8, 0);
        INSERT INTO operation VALUES (x'51', x'31', 1, x'61', '{}'), (x'52', x'31', 2, x'62', '{\"no\":1}'),
            (x'53', x'31', 3, x'63', '{}');
        INSERT INTO entry VALUES (x'21', 1, x'51', x'61', x'31', x'71'), (x'21', 2, x'54', x'64', NULL, x'72'),
            (x'21', 3, x'53', x'63', x'31', NULL);
        INSERT INTO clinician VALUES ('c', 'midwife', 1, x'00', x'00');
        INSERT INTO consultation VALUES (x'81', x'21', 'midwifery', 9, 'c', 10);
        INSERT INTO message VALUES (x'51', x'81', 9, 99, 11, NULL), (x'54', x'81', 11, NULL, NULL, 'c');";

    #[test]
    fn a_database_of_version_1_keeps_its_cards_and_everybody_who_joined() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let old = Connection::open(&file).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute_batch(VERSION_1).unwrap();
        drop(old);
        drop(SqliteStorage::open(&file).unwrap());
        let new = Connection::open(&file).unwrap();
        assert_eq!(pragma(&new, "user_version").unwrap(), NEWEST);
        let count = |sql: &str| new.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(
            count(
                "SELECT count(*) FROM card WHERE household = tag AND status = 'issued' AND status_at = issued_at"
            ),
            2
        );
        assert_eq!(count("SELECT count(*) FROM enrollment WHERE card = x'01'"), 1);
        assert_eq!(count("SELECT count(*) FROM device WHERE source = x'01' AND card = x'01'"), 2);
        assert_eq!(count("SELECT last_seq FROM device WHERE id = x'31'"), 3);
        assert_eq!(
            count("SELECT count(*) FROM refused WHERE id = x'52' AND seq = 2 AND outcome = '{\"no\":1}'"),
            1
        );
        assert_eq!((count("SELECT count(*) FROM refused"), count("SELECT count(*) FROM entry")), (1, 3));
        let first = "seq = 1 AND outcome = '{}' AND consultation = x'81' AND at = 9 AND due = 99 AND answered_at = 11";
        assert_eq!(
            count(&format!("SELECT position FROM entry WHERE id = x'51' AND clinician IS NULL AND {first}")),
            1
        );
        let answer = "seq IS NULL AND consultation = x'81' AND at = 11 AND due IS NULL AND clinician = 'c'";
        assert_eq!(count(&format!("SELECT position FROM entry WHERE id = x'54' AND {answer}")), 2);
        assert_eq!(
            count("SELECT seq FROM entry WHERE id = x'53' AND consultation IS NULL AND sealed IS NULL"),
            3
        );
        assert_eq!(schema(&new), schema_of_a_new_database(), "an upgraded database is like a new one");
    }

    #[test]
    fn a_reference_that_leads_nowhere_stops_an_upgrade_and_leaves_the_file_at_its_version() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let old = Connection::open(&file).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO card VALUES (x'01', 'none', 1, 1, 5);")
            .unwrap();
        drop(old);
        let refused = SqliteStorage::open(&file).err();
        assert_eq!(refused, Some(StorageError::Damaged { table: "a reference" }));
        assert_eq!(pragma(&Connection::open(&file).unwrap(), "user_version").unwrap(), 1);
    }

    fn schema(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
            .unwrap();
        let rows = statement.query_map((), |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    fn schema_of_a_new_database() -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        drop(SqliteStorage::create(&file).unwrap());
        schema(&Connection::open(&file).unwrap())
    }

    #[test]
    fn a_file_of_somebody_else_is_refused_and_left_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let raw = Connection::open(&file).unwrap();
        raw.execute_batch("CREATE TABLE theirs (a)").unwrap();
        drop(raw);
        let before = std::fs::read(&file).unwrap();
        assert_eq!(SqliteStorage::create(&file).err(), Some(StorageError::Foreign));
        assert_eq!(std::fs::read(&file).unwrap(), before);
        std::fs::write(&file, "not a database at all, but long enough to look at").unwrap();
        assert_eq!(SqliteStorage::open(&file).err(), Some(StorageError::Foreign));
        assert_eq!(SqliteStorage::open(&dir.path().join("none")).err(), Some(StorageError::NotInitialised));
    }
}
