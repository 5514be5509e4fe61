//! A sector large enough to compare: thirty organisations that delivered an ordinary year.

use std::io::Cursor;

use kraamzicht::{
    domain::{Actor, AgbCode, SubmissionState},
    service::{ApprovalRequest, Service},
};

use super::{Client, Indicators, Organisation, PERIOD, World};

/// How many organisations there are.
const SIZE: u32 = 30;

/// The code of an organisation by its place.
fn agb_code(place: u32) -> String {
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
        let names: Vec<(String, String)> =
            (0..SIZE).map(|place| (agb_code(place), format!("Kraamzorg Nummer {place:02}"))).collect();
        world.register(&names).await;
        deliver_all(&world.service, 2..SIZE).await;
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

/// Sends the files of all through the same doors as the command line does.
pub(super) async fn deliver_all(service: &Service, places: std::ops::Range<u32>) {
    let mut submissions = Vec::new();
    for place in places {
        let code: AgbCode = agb_code(place).parse().unwrap();
        let organisation = service.organisation_by_agb(&Actor::OPERATOR, code).await.unwrap().unwrap();
        let bytes = Indicators::ordinary(&agb_code(place), PERIOD, place).bytes();
        let upload = service.receive(&Actor::OPERATOR, Some(organisation.id), "a.csv", Cursor::new(bytes)).await;
        let checked = service.create_submission(&Actor::OPERATOR, upload.unwrap().id, Some("indicatoren")).await;
        let checked = checked.unwrap();
        assert_eq!(checked.submission.state, SubmissionState::Checked, "{:?}", checked.report.findings);
        submissions.push(checked.submission.id);
    }
    service.approve(&Actor::OPERATOR, &ApprovalRequest::of(&submissions)).await.unwrap();
}
