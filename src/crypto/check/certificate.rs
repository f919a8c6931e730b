//! What a certificate says. Whether to believe it is `chain`'s question.

use der::Tag;

use super::der::{AlgorithmIdentifier, Malformed, Value, context, context_primitive};
use crate::crypto::oid::{self, Oid};
use crate::ids::Digest;
use crate::instant::Instant;

/// A certificate (RFC 5280), read without changing an octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The whole certificate, as it came.
    pub der: Vec<u8>,
    /// The serial number's content octets.
    pub serial: Vec<u8>,
    /// The issuer's name, as DER.
    pub issuer: Vec<u8>,
    /// The subject's name, as DER.
    pub subject_name: Vec<u8>,
    /// The readable parts of the subject's name.
    pub subject: SubjectFields,
    pub not_before: Instant,
    pub not_after: Instant,
    /// SubjectPublicKeyInfo, as DER.
    pub public_key: Vec<u8>,
    /// The policies under which it was issued.
    pub policies: Vec<Oid>,
    /// The bits of keyUsage, from digitalSignature in the highest on; nothing where the extension is absent.
    pub key_usage: Option<u16>,
    /// The purposes of extKeyUsage, and whether the extension is critical.
    pub purposes: Option<(Vec<Oid>, bool)>,
}

/// Whom a certificate names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectFields {
    pub common_name: Option<String>,
    pub organization: Option<String>,
    pub organizational_unit: Option<String>,
}

impl Certificate {
    /// # Errors
    /// When these bytes are no certificate of version 3.
    pub fn read(der: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "a certificate";
        let mut outer = Value::read(der, WHAT)?.sequence()?;
        let mut fields = outer.take(Tag::Sequence)?.sequence()?;
        let signature_algorithm = outer.take(Tag::Sequence)?;
        outer.take(Tag::BitString)?.bits()?;
        outer.end()?;

        let version = fields.take(context(0))?.elements()?;
        let [version] = version.as_slice() else { return Err(Malformed(WHAT)) };
        if version.small_integer()? != 2 {
            return Err(Malformed(WHAT));
        }
        let serial = fields.take(Tag::Integer)?.integer()?.to_vec();
        // RFC 5280, 4.1.1.2: the same in both places.
        if fields.take(Tag::Sequence)?.whole != signature_algorithm.whole {
            return Err(Malformed(WHAT));
        }
        AlgorithmIdentifier::read(signature_algorithm)?;
        let issuer = fields.take(Tag::Sequence)?.whole.to_vec();
        let mut validity = fields.take(Tag::Sequence)?.sequence()?;
        let (not_before, not_after) = (validity.next()?.time()?, validity.next()?.time()?);
        validity.end()?;
        let subject_name = fields.take(Tag::Sequence)?;
        let public_key = fields.take(Tag::Sequence)?.whole.to_vec();
        fields.optional(context_primitive(1))?;
        fields.optional(context_primitive(2))?;
        let extensions = fields.optional(context(3))?;
        fields.end()?;

        let mut certificate = Self {
            der: der.to_vec(),
            serial,
            issuer,
            subject_name: subject_name.whole.to_vec(),
            subject: SubjectFields::read(subject_name)?,
            not_before,
            not_after,
            public_key,
            policies: Vec::new(),
            key_usage: None,
            purposes: None,
        };
        if let Some(extensions) = extensions {
            certificate.read_extensions(extensions)?;
        }
        Ok(certificate)
    }

    fn read_extensions(&mut self, extensions: Value<'_>) -> Result<(), Malformed> {
        const WHAT: &str = "a certificate's extension";
        let [list] = *extensions.elements()? else { return Err(Malformed(WHAT)) };
        let mut seen: Vec<Oid> = Vec::new();
        for extension in list.tagged(Tag::Sequence)?.elements()? {
            let mut fields = extension.sequence()?;
            let oid = fields.next()?.oid()?;
            let critical = fields.optional(Tag::Boolean)?.map(Value::boolean).transpose()?.unwrap_or(false);
            let content = fields.take(Tag::OctetString)?.octets()?;
            fields.end()?;
            if oid == oid::CERTIFICATE_POLICIES {
                for policy in Value::read(content, WHAT)?.tagged(Tag::Sequence)?.elements()? {
                    self.policies.push(policy.sequence()?.next()?.oid()?);
                }
            } else if oid == oid::KEY_USAGE {
                let bits = Value::read(content, WHAT)?.tagged(Tag::BitString)?.content;
                self.key_usage = Some(match bits {
                    [_, first] => u16::from_be_bytes([*first, 0]),
                    [_, first, second] => u16::from_be_bytes([*first, *second]),
                    _ => return Err(Malformed(WHAT)),
                });
            } else if oid == oid::EXTENDED_KEY_USAGE {
                let purposes = Value::read(content, WHAT)?.tagged(Tag::Sequence)?.elements()?;
                let purposes = purposes.into_iter().map(Value::oid).collect::<Result<_, _>>()?;
                self.purposes = Some((purposes, critical));
            }
            if seen.contains(&oid) {
                return Err(Malformed(WHAT));
            }
            seen.push(oid);
        }
        Ok(())
    }

    /// SHA-256 of the certificate: what people compare, and what lists of accredited authorities hold.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Whether it was issued by an evaluation authority, for which nobody outside vouches.
    #[must_use]
    pub fn is_evaluation(&self) -> bool {
        self.policies.contains(&oid::EVALUATION_CERTIFICATE)
    }

    /// Whether it is a root's, by its names.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject_name
    }

    /// Whether the key may make signatures (digitalSignature or contentCommitment), as far as the certificate limits it.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|bits| bits & 0xc000 != 0)
    }

    /// Whether the key may sign certificates, as far as the certificate limits it.
    #[must_use]
    pub fn may_issue(&self) -> bool {
        self.key_usage.is_none_or(|bits| bits & 0x0400 != 0)
    }
}

impl SubjectFields {
    fn read(name: Value<'_>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        for relative in name.tagged(Tag::Sequence)?.elements()? {
            for attribute in relative.tagged(Tag::Set)?.elements()? {
                let mut fields = attribute.sequence()?;
                let (kind, value) = (fields.next()?.oid()?, fields.next()?);
                fields.end()?;
                let place = if kind == oid::COMMON_NAME {
                    &mut found.common_name
                } else if kind == oid::ORGANIZATION {
                    &mut found.organization
                } else if kind == oid::ORGANIZATIONAL_UNIT {
                    &mut found.organizational_unit
                } else {
                    continue;
                };
                // The most specific, which comes last.
                *place = Some(value.text()?);
            }
        }
        Ok(found)
    }
}
