//! Confinement, egress broker and journal for agent skills
