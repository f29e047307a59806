package import JSON
internal import Primitives

/// What the CLI wants to do and needs a decision for.
package struct CopilotCLIAsk: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        case command(String)
        /// A file's new content, computed before the question.
        case write(path: String, content: String)
        /// A file or folder.
        case read(path: String)
        case address(String)
        /// A patch that deletes or renames files, of which the request shows only the new content.
        case removal
        /// A kind that nobody is asked about.
        case other(String)

        package static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.command(let left), .command(let right)), (.read(let left), .read(let right)),
                (.address(let left), .address(let right)), (.other(let left), .other(let right)):
                left.hasBytes(of: right)
            case (.write(let path, let content), .write(let other, let otherContent)):
                path.hasBytes(of: other) && content.hasBytes(of: otherContent)
            case (.removal, .removal): true
            default: false
            }
        }

        /// For the log: the kind, and the command, path or address, if the kind has one.
        var words: (kind: String, text: String) {
            switch self {
            case .command(let command): ("command", command)
            case .write(let path, _): ("write", path)
            case .read(let path): ("read", path)
            case .address(let address): ("address", address)
            case .removal: ("removal", "")
            case .other(let kind): (kind, "")
            }
        }
    }

    package enum Decision: Sendable, Equatable {
        /// Only this time.
        case approve
        /// The model reads the reason and continues without it.
        case reject(String)

        /// The `result` of `session.permissions.handlePendingPermissionRequest`.
        var result: JSON {
            switch self {
            case .approve: ["kind": "approve-once"]
            case .reject(let feedback): ["kind": "reject", "feedback": .string(feedback)]
            }
        }
    }

    package let toolCallID: String
    /// `bash`, `edit`, `create`, `view`, …; empty if the CLI has not named it.
    package let tool: String
    package let subject: Subject

    /// Of questions that wait, each is compared with each: by bytes.
    package static func == (left: Self, right: Self) -> Bool {
        left.toolCallID.hasBytes(of: right.toolCallID) && left.tool.hasBytes(of: right.tool)
            && left.subject == right.subject
    }
}

extension CopilotCLIAsk {
    /// Reads the data of a `permission.requested`.
    ///
    /// A call may be asked about several times (first for a path outside or an address, then for the command): all of
    /// them are the same question, namely about the whole command or file.
    ///
    /// - Parameter call: The call, if it has begun.
    init(_ data: JSON, call: CopilotCLICall?) {
        let request = data["permissionRequest"] ?? .null
        let kind = request["kind"]?.stringValue ?? "unknown"
        self.toolCallID = request["toolCallId"]?.stringValue ?? ""
        self.tool = call?.tool ?? ""
        let text = { (name: String) in request[name]?.stringValue }
        switch kind {
        case "shell": self.subject = text("fullCommandText").map { .command($0) } ?? .other(kind)
        case "write":
            if call?.removesFiles == true {
                self.subject = .removal
            } else if let path = text("fileName"), let content = text("newFileContents") {
                self.subject = .write(path: path, content: content)
            } else {
                self.subject = .other("write without its content")
            }
        case "read": self.subject = text("path").map { .read(path: $0) } ?? .other(kind)
        case "url":
            if let command = call?.command {
                self.subject = .command(command)
            } else {
                self.subject = text("url").map { .address($0) } ?? .other(kind)
            }
        default: self.subject = .other(kind)
        }
    }

    /// About the memory that it takes.
    var bytes: Int {
        let size =
            switch self.subject {
            case .command(let text), .read(let text), .address(let text), .other(let text): text.utf8.count
            case .write(let path, let content): path.utf8.count + content.utf8.count
            case .removal: 0
            }
        return self.toolCallID.utf8.count + self.tool.utf8.count + size
    }
}

/// A call that has begun, with what questions about it need: its arguments may hold whole files.
struct CopilotCLICall: Sendable {
    let tool: String
    /// Of `bash`.
    let command: String?
    /// It is a patch that deletes or renames a file.
    let removesFiles: Bool

    init(tool: String, arguments: JSON) {
        self.tool = tool
        self.command = tool == "bash" ? arguments["command"]?.stringValue : nil
        self.removesFiles = tool == "apply_patch" && Self.removesFiles(arguments)
    }

    /// About the memory that it takes.
    var bytes: Int { self.tool.utf8.count + (self.command?.utf8.count ?? 0) }

    /// Whether the text of a patch deletes or renames a file; the patch may be a member of the arguments.
    private static func removesFiles(_ arguments: JSON) -> Bool {
        switch arguments {
        case .string(let text): self.hasRemoval(text.utf8Span.span)
        case .array(let elements): elements.contains { self.removesFiles($0) }
        case .object(let members):
            members.contains { key, value in self.hasRemoval(key.utf8Span.span) || self.removesFiles(value) }
        case .null, .bool, .integer, .number: false
        }
    }

    /// Whether `*** Delete File` or `*** Move to` is in a text. In one pass over its bytes, because a patch may have
    /// megabytes, and because a mark after either makes another character of its last letter.
    private static func hasRemoval(_ text: Span<UInt8>) -> Bool {
        let words = [" Delete File", " Move to"].map { Array($0.utf8) }
        var stars = 0
        for index in text.indices {
            if text[index] == UInt8(ascii: "*") {
                stars += 1
                continue
            }
            if stars >= 3 {
                for word in words where self.has(word, at: index, in: text) { return true }
            }
            stars = 0
        }
        return false
    }

    private static func has(_ word: [UInt8], at index: Int, in text: Span<UInt8>) -> Bool {
        guard text.count - index >= word.count else { return false }
        for offset in word.indices where text[index + offset] != word[offset] { return false }
        return true
    }
}

/// A call of one of our tools.
package struct CopilotCLIToolCall: Sendable, Equatable {
    package let requestID: String
    package let toolCallID: String
    package let name: String
    package let arguments: JSON
}

/// What one of our tools answers.
package struct CopilotCLIToolAnswer: Sendable, Equatable {
    package enum Outcome: String, Sendable { case success, failure, denied }

    package let outcome: Outcome
    package let text: String

    package init(_ outcome: Outcome, _ text: String) {
        self.outcome = outcome
        self.text = text
    }

    /// The `result` of `session.tools.handlePendingToolCall`.
    var result: JSON {
        var result: JSONObject = [
            "textResultForLlm": .string(self.text), "resultType": .string(self.outcome.rawValue),
        ]
        // Without an error, the CLI takes a failure for an empty one.
        if self.outcome != .success { result["error"] = .string(self.text) }
        return .object(result)
    }
}
