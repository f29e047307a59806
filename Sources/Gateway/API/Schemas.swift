internal import JSON

/// The components of the OpenAPI document. A test validates the gateway's answers against them.
enum Schemas {
    static func reference(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    private static let ask: [(String, JSON)] = [
        ("id", Self.text), ("kind", Self.choice("approval", "question", "clarify", "conflict")), ("text", Self.text),
        ("options", Self.array(Self.reference("AskOption"))), ("expires_at", Self.time), ("can_answer", Self.boolean),
        ("waits_for", Self.text),
    ]

    private static let thread: [(String, JSON)] = [
        ("id", Self.text), ("adapter", Self.text), ("title", Self.text),
        ("state", Self.choice("active", "idle", "archived")), ("owner", Self.text), ("model", Self.optionalText),
        ("repository", Self.optionalText), ("created_at", Self.time), ("updated_at", Self.time),
        ("active_operation", Self.optionalText), ("waiting", Self.boolean), ("found", Self.optionalText),
        ("can_write", Self.boolean), ("pinned", Self.boolean),
    ]

    static let all: JSONObject = [
        "Problem": Self.object([
            ("type", Self.text), ("title", Self.text), ("status", Self.integer), ("detail", Self.text),
        ]),
        "SignIn": Self.object([("code", Self.text), ("name", Self.text)], required: ["code"]),
        "Settings": Self.object([("model", Self.optionalText), ("instructions", Self.optionalText)]),
        "SettingsChange": Self.changes([
            ("model", Self.optionalText), ("instructions", ["type": ["string", "null"], "maxLength": 4000]),
        ]),
        "ThreadChange": Self.changes([
            (
                "title",
                [
                    "type": "string", "maxLength": 120,
                    "pattern": .string("^\(Self.shown)*[^\(Self.hidden)\\s]\(Self.shown)*$"),
                ]
            ),
            ("archived", Self.boolean), ("pinned", Self.boolean),
        ]),
        "NewMessage": Self.object([("text", ["type": "string", "pattern": "\\S"])]),
        "Created": Self.object([("id", Self.text)]),
        "Accepted": Self.object([("message_id", Self.text), ("operation_id", Self.text)]),
        "StoppedOnly": Self.object([
            ("message_id", ["type": "null"]), ("operation_id", ["type": "null"]), ("detail", Self.text),
        ]),
        "Person": Self.object([
            ("name", Self.text), ("role", Self.choice("owner", "member", "guest")), ("identity", Self.text),
            ("scopes", Self.array(Self.text)),
        ]),
        "PersonWithAccess": Self.object([
            ("id", Self.text), ("identity", Self.text), ("name", Self.optionalText), ("network", Self.text),
            ("role", Self.choice("owner", "member", "guest")), ("way", Self.choice("list", "code", "sign-in", "token")),
            ("key", Self.optionalText), ("listed_role", Self.optionalText), ("scopes", Self.array(Self.text)),
            ("since", Self.optionalTime), ("last_seen", Self.optionalTime), ("expires_at", Self.optionalTime),
            ("self", Self.boolean),
        ]),
        "PeopleList": Self.object([
            ("items", Self.array(Self.reference("PersonWithAccess"))),
            ("removed", Self.array(Self.reference("RemovedPerson"))),
        ]),
        "RemovedPerson": Self.object([("id", Self.text), ("identity", Self.text)]),
        "PersonChange": Self.object([("role", Self.choice("owner", "member", "guest"))]),
        "Thread": Self.object(Self.thread),
        "ListedThread": Self.object(Self.thread + [("own", Self.boolean), ("owner_name", Self.optionalText)]),
        "ThreadPage": Self.page("ListedThread"),
        "Message": Self.object([
            ("id", Self.text), ("role", Self.choice("user", "command", "assistant", "note", "commit", "thinking")),
            ("author", Self.optionalText), ("text", Self.text), ("created_at", Self.time),
            ("operation_id", Self.optionalText), ("place", Self.optionalInteger),
        ]),
        "MessagePage": Self.object([
            ("items", Self.array(Self.reference("Message"))), ("next_cursor", Self.optionalText),
            ("previous_cursor", Self.optionalText), ("operations", Self.array(Self.reference("Operation"))),
        ]),
        "ExportedThread": Self.object([
            ("thread", Self.reference("Thread")), ("exported_at", Self.time),
            ("messages", Self.array(Self.reference("Message"))),
            ("operations", Self.array(Self.reference("Operation"))), ("asks", Self.array(Self.reference("Ask"))),
        ]),
        "Commit": Self.object([
            ("sha", Self.text), ("url", Self.text), ("repository", Self.text), ("branch", Self.text),
            ("subject", Self.text), ("files", Self.integer), ("additions", Self.integer), ("deletions", Self.integer),
        ]),
        "Operation": Self.object([
            ("id", Self.text), ("thread_id", Self.text), ("kind", Self.text),
            ("state", Self.choice("queued", "running", "complete", "failed", "stopped", "interrupted")),
            ("queued_at", Self.time), ("started_at", Self.optionalTime), ("ended_at", Self.optionalTime),
            ("error", Self.optionalText), ("position", Self.optionalInteger),
            ("commits", Self.array(Self.reference("Commit"))),
        ]),
        "Ask": Self.object(Self.ask),
        "WaitingAsk": Self.object(
            Self.ask + [("thread_id", Self.text), ("title", Self.text), ("asked_by", Self.text)]),
        "WaitingAskList": Self.object([("items", Self.array(Self.reference("WaitingAsk")))]),
        "AskOption": Self.object([("key", Self.text), ("label", Self.text), ("recommended", Self.boolean)]),
        "AskList": Self.object([("items", Self.array(Self.reference("Ask")))]),
        "AskAnswer": Self.object([("answer", Self.text), ("text", Self.optionalText)], required: []),
        "AskDecision": Self.object([
            ("id", Self.text), ("answer", Self.optionalText), ("outcome", Self.text), ("text", Self.optionalText),
            ("decided_by", Self.optionalText), ("decided_at", Self.optionalTime),
        ]),
        "Model": Self.object([
            ("id", Self.text), ("detail", Self.text), ("provider", Self.text), ("default", Self.boolean),
            ("name", Self.text), ("input_limit", Self.integer), ("output_limit", Self.integer),
            ("tokenizer", Self.optionalText), ("version", Self.optionalText), ("vendor", Self.optionalText),
            ("multiplier", Self.optionalNumber), ("preview", Self.boolean),
        ]),
        "ModelPage": Self.page("Model"),
        "Usage": Self.object([
            ("model", Self.text), ("turns", Self.integer), ("input_tokens", Self.integer),
            ("output_tokens", Self.integer),
        ]),
        "UsagePage": Self.object([
            ("items", Self.array(Self.reference("Usage"))), ("next_cursor", Self.optionalText),
            (
                "quota",
                Self.optional(
                    Self.object([
                        ("provider", Self.text), ("plan", Self.optionalText), ("reset_date", Self.optionalText),
                        ("items", Self.array(Self.reference("QuotaItem"))),
                    ]))
            ),
        ]),
        "QuotaItem": Self.object([
            ("id", Self.text), ("name", Self.text), ("unlimited", Self.boolean), ("entitlement", Self.optionalNumber),
            ("remaining", Self.optionalNumber), ("percent_remaining", Self.optionalNumber),
        ]),
        "Session": Self.object([
            ("id", Self.text), ("thread_id", Self.text), ("title", Self.text), ("adapter", Self.text),
            ("owner", Self.text), ("state", Self.choice("active", "idle", "archived")), ("running", Self.integer),
            ("queued", Self.integer), ("created_at", Self.time), ("active_at", Self.time),
        ]),
        "SessionPage": Self.page("Session"),
        "Job": Self.object([
            ("id", Self.text), ("operation_id", Self.text), ("command", Self.text), ("background", Self.boolean),
            ("state", Self.choice("running", "ended", "interrupted")), ("ending", Self.optionalText),
            ("started_at", Self.time), ("ended_at", Self.optionalTime),
        ]),
        "JobPage": Self.page("Job"),
        "WorkspaceFile": Self.object([
            ("path", Self.text), ("kind", Self.choice("file", "folder", "link", "other")),
            ("size", Self.optionalInteger),
        ]),
        "WorkspaceFilePage": Self.page("WorkspaceFile"),
        "WorkspaceDiff": Self.object([("diff", Self.text)]),
        "Step": Self.object([
            ("id", Self.text), ("tool", Self.optionalText), ("title", Self.optionalText),
            ("state", Self.optionalChoice("waiting", "running", "done", "failed", "denied", "interrupted")),
            ("decision", Self.optionalText), ("input", Self.optionalArray(Self.reference("StepInput"))),
            ("output", Self.optionalText), ("summary", Self.optionalText), ("has_changes", Self.optionalBoolean),
            ("started_ms", Self.optionalInteger), ("ended_ms", Self.optionalInteger),
        ]),
        "StepInput": Self.object([("name", Self.text), ("text", Self.text)]),
        "StepPage": Self.object([
            ("operation_id", Self.optionalText), ("items", Self.array(Self.reference("Step"))),
            ("position", Self.integer), ("is_cut", Self.boolean), ("next_cursor", Self.optionalText),
        ]),
        "CommitFiles": Self.object([
            ("sha", Self.text), ("files", Self.integer), ("additions", Self.integer), ("deletions", Self.integer),
            ("items", Self.array(Self.reference("CommitFile"))), ("next_cursor", Self.optionalText),
        ]),
        "CommitFile": Self.object([
            ("path", Self.text), ("old_path", Self.optionalText),
            ("kind", Self.choice("added", "removed", "modified", "renamed", "copied")), ("additions", Self.integer),
            ("deletions", Self.integer), ("binary", Self.boolean),
        ]),
        "Feature": Self.object([
            ("repository", Self.text), ("feature", Self.text), ("title", Self.optionalText), ("branch", Self.text),
            ("source", Self.text), ("folder", Self.text), ("head", Self.text),
            ("stages", Self.array(Self.reference("FeatureStage"))),
            ("next", Self.array(Self.text)), ("questions", Self.array(Self.text)),
            ("tasks", Self.array(Self.reference("FeatureTask"))),
            ("documents", Self.array(Self.reference("FeatureDocument"))), ("features", Self.array(Self.text)),
        ]),
        "FeatureStage": Self.object([
            (
                "stage",
                Self.choice(
                    "constitution", "specify", "clarify", "plan", "tasks", "analyze", "checklist", "implement")
            ), ("state", Self.choice("missing", "ready", "done", "open", "findings")), ("commit", Self.optionalText),
            ("url", Self.optionalText), ("path", Self.optionalText), ("needs", Self.optionalText),
        ]),
        "FeatureTask": Self.object([
            ("id", Self.text), ("text", Self.text), ("done", Self.boolean), ("parallel", Self.boolean),
            ("stories", Self.array(Self.integer)), ("phase", Self.optionalText),
        ]),
        "FeatureDocument": Self.object([
            ("path", Self.text), ("kind", Self.text), ("errors", Self.integer), ("warnings", Self.integer),
            ("commit", Self.optionalText), ("url", Self.text),
        ]),
        "FeatureText": Self.object([
            ("path", Self.text), ("head", Self.text), ("text", Self.text),
            ("versions", Self.array(Self.reference("FeatureVersion"))), ("is_cut", Self.boolean),
        ]),
        "FeatureVersion": Self.object([
            ("sha", Self.text), ("subject", Self.text), ("author", Self.text), ("at", Self.time), ("url", Self.text),
        ]),
        "FileBytes": ["type": "string", "format": "binary"],
        "Upload": Self.object([("name", Self.text), ("size", Self.integer), ("type", Self.text)]),
        "Snapshot": Self.object([("id", Self.text), ("reason", Self.text), ("created_at", Self.time)]),
        "SnapshotPage": Self.page("Snapshot"),
        "Repository": Self.object([
            ("name", Self.text), ("default", Self.boolean), ("url", Self.text), ("page", Self.optionalText),
        ]),
        "RepositoryPage": Self.page("Repository"),
        "Command": Self.object([("word", Self.text), ("usage", Self.text), ("summary", Self.text)]),
        "CommandPage": Self.page("Command"),
        "AuditRow": Self.object([
            ("number", Self.integer), ("at", Self.time), ("kind", Self.text), ("session", Self.optionalText),
            ("turn", Self.optionalText), ("actor", Self.text), ("details", ["type": "object"]),
            ("previous", Self.text), ("hash", Self.text),
        ]),
        "AuditPage": Self.page("AuditRow"),
        "Host": Self.object([
            ("name", Self.text), ("version", Self.text), ("state", Self.choice("live", "draining", "drained", "gone")),
            ("since", Self.time), ("threads", Self.integer), ("adapters", Self.array(Self.text)),
        ]),
        "HostPage": Self.object([("items", Self.array(Self.reference("Host")))]),
        "Adapter": Self.object([
            ("state", Self.choice("down", "connecting", "up", "refused")), ("since", Self.time),
            ("last_event", Self.optionalTime), ("detail", Self.optionalText),
        ]),
        "Health": Self.object([("status", Self.text)]),
        "Readiness": Self.object([
            ("status", Self.choice("ok", "unavailable", "stopping")),
            (
                "checks",
                Self.object(
                    [
                        ("store", Self.text), ("model", Self.text), ("jail", Self.text),
                        (
                            "adapters",
                            ["type": "object", "additionalProperties": Self.reference("Adapter")]
                        ), ("cluster", Self.text), ("leases", Self.text),
                    ], required: ["store", "model", "jail", "adapters"])
            ),
        ]),
    ]

    /// In patterns: control and format characters, apart from joiners, and separators of lines.
    private static let hidden =
        #"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"#
    private static let shown = "[^\(Self.hidden)]"

    private static let text: JSON = ["type": "string"]
    private static let optionalText: JSON = ["type": ["string", "null"]]
    private static let integer: JSON = ["type": "integer"]
    private static let optionalInteger: JSON = ["type": ["integer", "null"]]
    private static let optionalNumber: JSON = ["type": ["number", "null"]]
    private static let boolean: JSON = ["type": "boolean"]
    private static let optionalBoolean: JSON = ["type": ["boolean", "null"]]
    private static let time: JSON = ["type": "string", "format": "date-time"]
    private static let optionalTime: JSON = ["type": ["string", "null"], "format": "date-time"]

    private static func choice(_ values: String...) -> JSON {
        ["type": "string", "enum": .array(values.map { .string($0) })]
    }

    /// Null is one of the values, because `enum` lists all that may occur.
    private static func optionalChoice(_ values: String...) -> JSON {
        ["type": ["string", "null"], "enum": .array(values.map { .string($0) } + [.null])]
    }

    private static func optionalArray(_ items: JSON) -> JSON { ["type": ["array", "null"], "items": items] }

    private static func array(_ items: JSON) -> JSON { ["type": "array", "items": items] }

    private static func page(_ item: String) -> JSON {
        Self.object([("items", Self.array(Self.reference(item))), ("next_cursor", Self.optionalText)])
    }

    private static func optional(_ object: JSON) -> JSON {
        var members = object.objectValue ?? [:]
        members["type"] = ["object", "null"]
        return .object(members)
    }

    /// At least one of the members.
    private static func changes(_ members: [(String, JSON)]) -> JSON {
        var object = Self.object(members, required: []).objectValue ?? [:]
        object["anyOf"] = .array(members.map { ["required": [.string($0.0)]] })
        return .object(object)
    }

    /// Every member is required by default.
    private static func object(_ members: [(String, JSON)], required: [String]? = nil) -> JSON {
        let names = required ?? members.map(\.0)
        return [
            "type": "object", "properties": .object(JSONObject(members: members)),
            "required": .array(names.map { .string($0) }),
        ]
    }
}
