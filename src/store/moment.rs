//! Moments in the database: TIMESTAMPTZ on PostgreSQL, microseconds since 1970 on SQLite.

use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

use crate::domain::Instant;

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// An [`Instant`] as both engines hold it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub(super) Instant);

impl Type<Sqlite> for Moment {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(found)
    }
}

impl Encode<'_, Sqlite> for Moment {
    fn encode_by_ref(&self, arguments: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Sqlite>>::encode_by_ref(&self.0.microseconds(), arguments)
    }
}

impl<'row> Decode<'row, Sqlite> for Moment {
    fn decode(value: SqliteValueRef<'row>) -> Result<Self, BoxDynError> {
        Ok(Self(Instant::from_microseconds(<i64 as Decode<'row, Sqlite>>::decode(value)?)))
    }
}

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
}

impl Encode<'_, Postgres> for Moment {
    fn encode_by_ref(&self, arguments: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Postgres>>::encode_by_ref(&(self.0.microseconds() - POSTGRES_EPOCH), arguments)
    }
}

impl<'row> Decode<'row, Postgres> for Moment {
    fn decode(value: PgValueRef<'row>) -> Result<Self, BoxDynError> {
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        Ok(Self(Instant::from_microseconds(i64::from_be_bytes(bytes) + POSTGRES_EPOCH)))
    }
}
