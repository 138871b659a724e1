"""Problems as the OpenAPI document describes them (RFC 9457)."""

from marshmallow import Schema, fields


class ProblemErrorSchema(Schema):
    """One member that a problem is about."""

    pointer = fields.String(
        required=True, metadata={"description": "JSON Pointer (RFC 6901) of the member."}
    )
    code = fields.String(required=True, metadata={"description": "A permanent public code."})
    detail = fields.String(required=True, metadata={"description": "What is wrong with it."})
    in_ = fields.String(
        data_key="in", metadata={"description": "`query` for a query parameter; else the body."}
    )


class ProblemSchema(Schema):
    """A refusal or failure."""

    type = fields.String(required=True, metadata={"description": "`/problems/<code>`."})
    title = fields.String(required=True, metadata={"description": "The same for each code."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(required=True, metadata={"description": "This occurrence."})
    instance = fields.String(
        required=True, metadata={"description": "`urn:request:<id>` of this request."}
    )
    rule = fields.String(metadata={"description": "The rule that refuses, such as R26."})
    errors = fields.List(
        fields.Nested(ProblemErrorSchema), metadata={"description": "The members it is about."}
    )


PROBLEM = ProblemSchema
