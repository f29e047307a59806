internal import JSON

/// What a session wants to do and may not do unasked.
package struct CopilotCLIPermission: Sendable, Equatable {
    /// Who decides. Called off the event loop; a gate that takes too long has said no.
    package typealias Gate = @Sendable (CopilotCLIPermission) async -> Decision

    package enum Decision: Sendable, Equatable {
        /// This one time.
        case approve
        /// The model reads why, and goes on without.
        case reject(String)
    }

    /// The gate as long as there is no other.
    package static let denyAll: Gate = { _ in .reject("Jetbridge allows no tools in this conversation.") }

    package let requestID: String
    package let session: String
    /// `shell`, `write`, `read`, `url`, `mcp`, …
    package let kind: String
    /// The command, path or address that it is about, as far as the kind has one.
    package let subject: String
    /// What the model says it wants this for.
    package let intention: String

    /// Reads the data of a `permission.requested`; nil without an id, for then no answer could name it.
    init?(_ data: JSON, session: String) {
        guard let id = data["requestId"]?.stringValue else { return nil }
        let request = data["permissionRequest"] ?? .null
        self.requestID = id
        self.session = session
        self.kind = request["kind"]?.stringValue ?? "unknown"
        let names = ["fullCommandText", "fileName", "path", "url", "toolName"]
        self.subject = names.lazy.compactMap { request[$0]?.stringValue }.first ?? ""
        self.intention = request["intention"]?.stringValue ?? ""
    }
}

extension CopilotCLIPermission.Decision {
    /// The `result` of `session.permissions.handlePendingPermissionRequest`.
    var result: JSON {
        switch self {
        case .approve: ["kind": "approve-once"]
        case .reject(let feedback): ["kind": "reject", "feedback": .string(feedback)]
        }
    }
}
