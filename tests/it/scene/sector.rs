//! A sector large enough to compare: thirty organisations that delivered an ordinary year.

use std::{io::Cursor, sync::Arc};

use kraamzicht::{
    domain::{Actor, AgbCode, OrganisationKind, SubmissionState},
    service::{ApprovalRequest, Service, Settings},
    store::Database,
};

use super::{Client, Indicators, Organisation, PERIOD, World, program::real_world, world::catalogue};
use crate::harness::TestDatabase;

/// How many organisations there are.
const SIZE: u32 = 30;

/// The code of an organisation by its place.
pub(crate) fn agb_code(place: u32) -> String {
    format!("3399{place:04}")
}

/// The world with a sector in it.
#[derive(Debug)]
pub(crate) struct Sector {
    pub(crate) world: World,
    pub(crate) inspector: Client,
}

impl Sector {
    /// Registers all, and has all but the first two deliver the year, approved at once.
    pub(crate) async fn in_world(world: World) -> Self {
        make(&world.service, PERIOD).await;
        let inspector = world.inspector().await;
        Self { world, inspector }
    }

    /// One of the two that have yet to deliver.
    pub(crate) async fn latecomer(&self, place: u32) -> Organisation {
        assert!(place < 2);
        self.world.member(&agb_code(place)).await
    }

    /// One that has delivered.
    pub(crate) async fn member(&self, place: u32) -> Organisation {
        assert!((2..SIZE).contains(&place));
        self.world.member(&agb_code(place)).await
    }
}

/// Makes the sector behind the back of the binary, which then serves it; the period is last year.
pub(crate) async fn make_in_real_time(database: &TestDatabase, period: &str) {
    let store = Database::open(&database.url).await.unwrap();
    store.migrate().await.unwrap();
    let (clock, ids) = real_world();
    let settings = Settings::new(std::env::temp_dir());
    let service = Service::new(store.clone(), catalogue(), Arc::new(clock), Arc::new(ids), settings);
    make(&service, period).await;
    store.close().await;
}

/// Registers all and sends the files of all but two, through the same doors as the command line does.
async fn make(service: &Service, period: &str) {
    let entry = |place| {
        let name = format!("Kraamzorg Nummer {place:02}");
        (agb_code(place).parse().unwrap(), name, OrganisationKind::Organisation)
    };
    service.register(&Actor::OPERATOR, (0..SIZE).map(entry).collect()).await.unwrap();
    let mut submissions = Vec::new();
    for place in 2..SIZE {
        let code: AgbCode = agb_code(place).parse().unwrap();
        let organisation = service.organisation_by_agb(&Actor::OPERATOR, code).await.unwrap().unwrap();
        let bytes = Indicators::ordinary(&agb_code(place), period, place).bytes();
        let upload = service.receive(&Actor::OPERATOR, Some(organisation.id), "a.csv", Cursor::new(bytes)).await;
        let checked = service.create_submission(&Actor::OPERATOR, upload.unwrap().id, Some("indicatoren")).await;
        let checked = checked.unwrap();
        assert_eq!(checked.submission.state, SubmissionState::Checked, "{:?}", checked.report.findings);
        submissions.push(checked.submission.id);
    }
    service.approve(&Actor::OPERATOR, &ApprovalRequest::of(&submissions)).await.unwrap();
}
