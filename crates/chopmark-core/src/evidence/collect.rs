//! Collects and proves everything about one release.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Evidence, EvidenceError, FirstContact, Query, Reach, Source, Stated, history::History,
    reader::Reader,
};
use crate::{
    digest::{IdentityId, StatementId},
    docket::Item,
    entry::{EntryState, MapKey, VersionFacts},
    name::Name,
    record::{Body, Record, Release, Vouch},
};

/// Verifies everything that the log holds about the release that `query` asks for.
///
/// Spec: docs/spec/evidence.md §2.
///
/// # Errors
///
/// [`EvidenceError`]: something is missing, altered, or was never accepted by the rules. There is
/// no partial evidence.
pub fn collect<S: Source + ?Sized>(
    source: &S,
    contact: &FirstContact,
    reach: &Reach,
    query: &Query,
) -> Result<Evidence, EvidenceError> {
    let reader = Reader::open(source, contact)?;
    let publisher = publisher_of(&reader, &query.publisher)?;
    let mut known = BTreeMap::from([(publisher, History::read(&reader, publisher)?)]);
    let vouches = walk(&reader, reach, &mut known)?;

    let releases = releases(&reader, &known, publisher, query)?;
    let version = choose(&reader, publisher, query, &releases)?;
    let facts = version_facts(&reader, publisher, query, &version)?;
    let release = releases
        .iter()
        .find(|r| r.id == facts.release && r.index == facts.index && r.body.version == version)
        .cloned()
        .ok_or(EvidenceError::History {
            identity: publisher,
        })?;
    if release.body.content != facts.content {
        return Err(EvidenceError::History {
            identity: publisher,
        });
    }

    let mut keys = vec![
        MapKey::Content(release.body.content),
        MapKey::Skill(publisher, query.skill.clone()),
    ];
    keys.extend(release.signers.iter().copied().map(MapKey::Key));
    let mut retracted = BTreeMap::new();
    let statements = statements(&reader, &known, &keys, &mut retracted)?;
    for history in known.values() {
        retracted.extend(history.retracted.iter().map(|(id, index)| (*id, *index)));
    }
    Ok(Evidence {
        origin: contact.origin.clone(),
        charter: contact.charter,
        subject: release.body.content,
        publisher,
        publisher_name: query.publisher.clone(),
        skill: query.skill.clone(),
        version,
        release,
        releases,
        yanked: facts.yanked,
        statements,
        vouches,
        identities: known
            .into_iter()
            .map(|(id, history)| (id, history.now))
            .collect(),
        retracted,
        checkpoint: reader.facts,
    })
}

/// Returns the identity that claimed `name`, under a verified checkpoint.
///
/// # Errors
///
/// As [`collect`].
pub fn resolve<S: Source + ?Sized>(
    source: &S,
    contact: &FirstContact,
    name: &Name,
) -> Result<IdentityId, EvidenceError> {
    publisher_of(&Reader::open(source, contact)?, name)
}

fn publisher_of<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    name: &Name,
) -> Result<IdentityId, EvidenceError> {
    match reader
        .entry(&MapKey::Name(name.clone()))?
        .map(|entry| entry.state)
    {
        Some(EntryState::Name { identity, .. }) => Ok(identity),
        Some(_) | None => Err(EvidenceError::UnknownName { name: name.clone() }),
    }
}

/// Follows vouches from the roots, breadth first; every organisation reached gets its history.
fn walk<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    reach: &Reach,
    known: &mut BTreeMap<IdentityId, History>,
) -> Result<Vec<Stated<Vouch>>, EvidenceError> {
    let mut seen: BTreeSet<IdentityId> = BTreeSet::new();
    let mut open: VecDeque<(IdentityId, u64)> = reach.roots.iter().map(|id| (*id, 0)).collect();
    let mut vouches = Vec::new();
    while let Some((id, depth)) = open.pop_front() {
        if !seen.insert(id) {
            continue;
        }
        if seen.len() > reach.max_organisations {
            return Err(EvidenceError::TooManyOrganisations {
                limit: reach.max_organisations,
            });
        }
        if let std::collections::btree_map::Entry::Vacant(vacant) = known.entry(id) {
            // A root that this log has never heard of says nothing in it.
            if reader.entry(&MapKey::Identity(id))?.is_none() {
                continue;
            }
            vacant.insert(History::read(reader, id)?);
        }
        let Some(history) = known.get(&id) else {
            continue;
        };
        for vouch in &history.vouches {
            if depth < reach.max_depth && !history.retracted.contains_key(&vouch.id) {
                open.push_back((vouch.body.organisation, depth.saturating_add(1)));
            }
            vouches.push(vouch.clone());
        }
    }
    vouches.sort_by_key(|v| v.index);
    Ok(vouches)
}

fn releases<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    known: &BTreeMap<IdentityId, History>,
    publisher: IdentityId,
    query: &Query,
) -> Result<Vec<Stated<Release>>, EvidenceError> {
    let key = MapKey::Skill(publisher, query.skill.clone());
    let mut releases = Vec::new();
    for item in reader.docket(&key, &publisher)? {
        let (stated, _) = stated(reader, known, publisher, item)?;
        if let Body::Release(release) = &stated.body {
            let body = release.clone();
            let Stated {
                id,
                index,
                log_time,
                issuer,
                signers,
                ..
            } = stated;
            releases.push(Stated {
                id,
                index,
                log_time,
                issuer,
                signers,
                body,
            });
        }
    }
    if releases.is_empty() {
        return Err(EvidenceError::UnknownSkill {
            name: query.publisher.clone(),
            skill: query.skill.clone(),
        });
    }
    Ok(releases)
}

fn choose<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    publisher: IdentityId,
    query: &Query,
    releases: &[Stated<Release>],
) -> Result<semver::Version, EvidenceError> {
    if let Some(version) = &query.version {
        return Ok(version.clone());
    }
    let mut candidates: Vec<&semver::Version> = releases
        .iter()
        .map(|r| &r.body.version)
        .filter(|v| v.pre.is_empty())
        .collect();
    candidates.sort_unstable();
    while let Some(version) = candidates.pop() {
        if version_facts(reader, publisher, query, version)?
            .yanked
            .is_none()
        {
            return Ok(version.clone());
        }
    }
    Err(EvidenceError::UnknownVersion {
        skill: query.skill.clone(),
        version: "that is neither yanked nor a pre-release".to_owned(),
    })
}

fn version_facts<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    publisher: IdentityId,
    query: &Query,
    version: &semver::Version,
) -> Result<VersionFacts, EvidenceError> {
    let key = MapKey::Version(publisher, query.skill.clone(), version.clone());
    match reader.entry(&key)?.map(|entry| entry.state) {
        Some(EntryState::Version(facts)) => Ok(facts),
        Some(_) | None => Err(EvidenceError::UnknownVersion {
            skill: query.skill.clone(),
            version: version.to_string(),
        }),
    }
}

/// Reads what every known organisation has in each of the dockets.
fn statements<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    known: &BTreeMap<IdentityId, History>,
    keys: &[MapKey],
    retracted: &mut BTreeMap<StatementId, u64>,
) -> Result<Vec<Stated<Body>>, EvidenceError> {
    let mut found: BTreeMap<u64, Stated<Body>> = BTreeMap::new();
    for key in keys {
        for issuer in known.keys() {
            for item in reader.docket(key, issuer)? {
                let (stated, record) = stated(reader, known, *issuer, item)?;
                match record.body() {
                    Body::Scan(_) | Body::Audit(_) | Body::Veto(_) => {
                        found.insert(stated.index, stated);
                    }
                    Body::Retract(retract) => {
                        retracted.insert(retract.statement, stated.index);
                    }
                    Body::Release(_) | Body::Yank(_) => {}
                    Body::Charter(_)
                    | Body::Inception(_)
                    | Body::Rotate(_)
                    | Body::Retire(_)
                    | Body::Claim(_)
                    | Body::Vouch(_)
                    | Body::State(_)
                    | Body::Rules(_) => {
                        return Err(EvidenceError::Misfiled {
                            index: stated.index,
                        });
                    }
                }
            }
        }
    }
    Ok(found.into_values().collect())
}

fn stated<S: Source + ?Sized>(
    reader: &Reader<'_, S>,
    known: &BTreeMap<IdentityId, History>,
    issuer: IdentityId,
    item: Item,
) -> Result<(Stated<Body>, Record), EvidenceError> {
    let record = reader.record(&item, &issuer)?;
    let history = known
        .get(&issuer)
        .ok_or(EvidenceError::History { identity: issuer })?;
    let signers = history.signers(item.index, &record)?;
    let stated = Stated {
        id: record.id(),
        index: item.index,
        log_time: reader.log_time(item.index)?,
        issuer,
        signers,
        body: record.body().clone(),
    };
    Ok((stated, record))
}
