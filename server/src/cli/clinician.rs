//! `clinician add`: makes a log-in and prints its password, once.

use clap::{Subcommand, ValueEnum};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_server::service::PASSWORD_ITERATIONS;

use super::{CliError, Places, print};

#[derive(Subcommand)]
pub(super) enum Clinician {
    /// Adds a clinician and prints their password, and nothing else.
    Add {
        /// The name to log in with.
        #[arg(long)]
        login: String,
        /// What they are.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        places: Places,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// 産婦人科医.
    Obstetrician,
    /// 小児科医.
    Pediatrician,
    /// 助産師.
    Midwife,
}

impl Clinician {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let Self::Add { login, role, places } = self;
        let role = match role {
            Role::Obstetrician => ClinicianRole::Obstetrician,
            Role::Pediatrician => ClinicianRole::Pediatrician,
            Role::Midwife => ClinicianRole::Midwife,
        };
        let service = places.config().open()?;
        let password = service.add_clinician(login, role, PASSWORD_ITERATIONS)?;
        print(&format!("{password}\n"))
    }
}
