//! A durable, append-only, tiled log: sequencer, store and witness state
