//! HTTP servers of Chopmark: registry and witness
