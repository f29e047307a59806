internal import JSON

/// An action for which a session needs permission.
package struct CopilotCLIPermission: Sendable, Equatable {
    /// Decides about a permission. Called off the event loop; a timeout counts as a refusal.
    package typealias Gate = @Sendable (CopilotCLIPermission) async -> Decision

    package enum Decision: Sendable, Equatable {
        /// Only this time.
        case approve
        /// The model reads the reason and continues without it.
        case reject(String)
    }

    /// The default gate.
    package static let denyAll: Gate = { _ in .reject("Jetbridge allows no tools in this conversation.") }

    package let requestID: String
    package let session: String
    /// `shell`, `write`, `read`, `url`, `mcp`, …
    package let kind: String
    /// The command, path or address, if the kind has one.
    package let subject: String
    /// The model's stated reason.
    package let intention: String

    /// Reads the data of a `permission.requested`; nil without an id, because no answer could name it.
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
