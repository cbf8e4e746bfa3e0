//! A reproducible scanner of agent skills
