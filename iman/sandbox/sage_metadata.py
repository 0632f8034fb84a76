"""`$metadata` of a module, reduced to entity types, keys and sets."""

from xml.sax.saxutils import quoteattr

from iman.sandbox.sage_resources import RESOURCES, Resource
from iman.sandbox.sage_schema import Entity, Property

_EDM = {
    "text": "Edm.String",
    "decimal": "Edm.Decimal",
    "integer": "Edm.Decimal",
    "date": "Edm.DateTimeOffset",
    "boolean": "Edm.Boolean",
    "enum": "Edm.String",
}


def metadata(module: str) -> str:
    """EDMX 4.0 of the resources of *module*."""
    resources = [resource for resource in RESOURCES.values() if resource.module == module]
    types = "".join(_entity(resource) for resource in resources)
    inner: dict[str, Entity] = {}
    for resource in resources:
        _collect(resource.entity, inner)
    complexes = "".join(_complex(entity) for entity in inner.values())
    sets = "".join(
        f"<EntitySet Name={quoteattr(resource.name)} EntityType="
        f"{quoteattr(resource.entity.type_name)}/>"
        for resource in resources
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="Sage300" '
        'xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}{complexes}<EntityContainer Name="Container">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _collect(entity: Entity, into: dict[str, Entity]) -> None:
    for known in entity.properties.values():
        if known.details is not None and known.details.name not in into:
            into[known.details.name] = known.details
            _collect(known.details, into)


def _entity(resource: Resource) -> str:
    refs = "".join(f"<PropertyRef Name={quoteattr(name)}/>" for name in resource.key)
    key = f"<Key>{refs}</Key>" if refs else ""
    name = quoteattr(resource.entity.name)
    return f"<EntityType Name={name}>{key}{_properties(resource.entity)}</EntityType>"


def _complex(entity: Entity) -> str:
    name = quoteattr(entity.name)
    return f"<ComplexType Name={name}>{_properties(entity)}</ComplexType>"


def _properties(entity: Entity) -> str:
    return "".join(_property(name, known) for name, known in entity.properties.items())


def _property(name: str, known: Property) -> str:
    if known.details is not None:
        kind = f"Collection({known.details.type_name})"
    else:
        kind = _EDM[known.kind]
    width = f' MaxLength="{known.width}"' if known.width else ""
    return f"<Property Name={quoteattr(name)} Type={quoteattr(kind)}{width}/>"
