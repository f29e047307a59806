internal import Crypto
internal import JSON

/// What a call would do, exactly: made before the gate decides, and carried out without computing anything anew.
package struct ToolIntent: Sendable, Equatable {
    /// A file that the intent reads or replaces, and what it had to be at that time; the empty path stands for all of the
    /// workspace.
    package struct Precondition: Sendable, Equatable {
        /// Relative to the workspace.
        package let path: String
        /// SHA-256 of its bytes, hexadecimal; nil for a file that must not exist.
        package let digest: String?

        /// The path that stands for the commits which a command made in the jail.
        package static let jailCommits = ".git"

        package init(path: String, digest: String?) {
            self.path = path
            self.digest = digest
        }
    }

    /// A file's new content; nil removes the file.
    package struct Change: Sendable, Equatable {
        package let path: String
        package let bytes: [UInt8]?
        /// Nil keeps the mode.
        package let isExecutable: Bool?

        package init(path: String, bytes: [UInt8]?, isExecutable: Bool? = nil) {
            self.path = path
            self.bytes = bytes
            self.isExecutable = isExecutable
        }
    }

    package let call: CheckedCall
    /// What people are shown and what an approval is bound to: the exact command, patch or address.
    package let subject: String
    /// Where it happens, as the jail sees it.
    package let directory: String
    /// One line for the thread: ``edit Sources/a.swift +3 −1``.
    package let title: String
    /// Checked again when it is carried out: what is different by then is refused.
    package let preconditions: [Precondition]
    /// With ``ToolDefinition/Kind/edit``: what is written.
    package let changes: [Change]
    /// What ``subject`` leaves out, for people; may be cut. ``preconditions`` are what a decision is bound to.
    package let preview: String?

    package init(
        call: CheckedCall, subject: String, directory: String, title: String, preconditions: [Precondition] = [],
        changes: [Change] = [], preview: String? = nil
    ) {
        self.call = call
        self.subject = subject
        self.directory = directory
        self.title = title
        self.preconditions = preconditions
        self.changes = changes
        self.preview = preview
    }
}

extension ToolIntent {
    /// What a decision about it is valid for, as SHA-256 in hexadecimal: the call, what it would do, and what it found.
    package func digest(session: String, requester: String) -> String {
        let parts: JSON = [
            .string(session), .string(requester), .string(self.call.tool.name), self.call.arguments,
            .string(self.subject), .string(self.directory), self.conditions, self.contents,
        ]
        return Crypto.hex(Crypto.sha256(parts.canonicalBytes))
    }

    /// SHA-256 of what it finds and of what it leaves, hexadecimal; nil if its text says all that it does.
    package var effect: String? {
        guard !self.preconditions.isEmpty || !self.changes.isEmpty else { return nil }
        let parts: JSON = [self.conditions, self.contents]
        return Crypto.hex(Crypto.sha256(parts.canonicalBytes))
    }

    private var conditions: JSON {
        .array(self.preconditions.map { [.string($0.path), $0.digest.map { .string($0) } ?? .null] })
    }

    private var contents: JSON {
        .array(
            self.changes.map { change in
                [
                    .string(change.path), change.bytes.map { .string(Crypto.hex(Crypto.sha256($0))) } ?? .null,
                    change.isExecutable.map { .bool($0) } ?? .null,
                ]
            })
    }
}
