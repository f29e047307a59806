internal import HTTP
internal import JSON
internal import Primitives

/// The Markdown documents of repositories.
enum MCPDocumentTools {
    private static let place: [MCPTool.Parameter] = [
        .text("path", "Such as docs/Guide.md.", required: true), .text("repository", "The only one by default."),
        .text("branch", "The document's own by default."), .text("thread_id", "Beside this conversation instead."),
    ]

    static let all: [MCPTool] = [
        MCPTool(
            "documents_list", "Markdown documents of repositories, those of features included.", as: "findDocuments",
            .reads,
            [.text("repository", ""), .text("query", "Words of the path or title."), .text("cursor", "")]
        ) { call in
            let documents = MCPDocuments(call.backend)
            let items = try await documents.find(in: call.text("repository"), words: call.text("query"))
            return MCPText.lines(
                items.map(documents.line), from: try MCPText.cursor(call.text("cursor")),
                empty: "There are no such documents.")
        },
        MCPTool(
            "document_read", "A document's text, and the commit that document_write takes as base.",
            as: "getDocument", .reads, Self.place + [.text("cursor", "")]
        ) { call in
            let start = try MCPText.cursor(call.text("cursor"))
            let document = try await MCPDocuments(call.backend).read(MCPDocuments.Address(call))
            let base = document.commit.map { "commit \($0) (the base of a change)" } ?? "read without a base"
            return "\(document.path) · \(base) · \(document.url)\n\n\(MCPText.window(document.text, from: start))"
        },
        MCPTool(
            "document_write", "Commits a document's whole new text as the person's change.", as: "saveDocument", .adds,
            Self.place + [
                .text("text", "", required: true),
                .text("base", "The commit that document_read gave; none for a new document."),
                .text("message", "Of the commit."),
            ]
        ) { try await Self.write($0) },
    ]

    private static func write(_ call: MCPToolCall) async throws -> String {
        guard let text = call.arguments["text"]?.stringValue else { throw MCPRefusal("`text` must be a text.") }
        let (documents, address) = (MCPDocuments(call.backend), try MCPDocuments.Address(call))
        let (thread, path) = try await documents.thread(for: address)
        var body: JSONObject = ["text": .string(text)]
        for name in ["base", "message"] { body[name] = call.text(name).map { .string($0) } }
        let answer = try await call.backend.send(MCPCall("saveDocument", thread, path, body: .object(body)))
        guard answer.status != 409 else { throw Self.conflict(answer, path) }
        guard 200..<300 ~= answer.status else { throw answer.refusal }
        let saved = try JSON.parse(answer.body)
        guard let sha = saved["commit"]?["sha"]?.stringValue else { return "\(path) has this text already." }
        let merged =
            saved["merged"]?.boolValue == true ? " Lines that others have committed meanwhile were merged." : ""
        return "Committed \(path) as \(sha), which is the base of the next change. "
            + "\(saved["commit"]?["url"]?.stringValue ?? "")\(merged)"
    }

    /// The API's line, and the text that others have committed.
    private static func conflict(_ answer: MCPAnswer, _ path: String) -> MCPRefusal {
        let line = answer.refusal.text
        guard let theirs = (try? JSON.parse(answer.body))?["theirs"]?.stringValue else { return answer.refusal }
        return MCPRefusal(
            "\(line)\n\nThe text of others:\n\n\(MCPText.window(theirs, from: 0, limit: 6_000))\n\n"
                + "Read \(path) with document_read for the newest commit.", status: answer.status)
    }
}

/// What tools and resources say about documents.
struct MCPDocuments: Sendable {
    private let backend: any MCPBackend

    init(_ backend: any MCPBackend) { self.backend = backend }

    /// Where a document is: beside a conversation, or in a repository.
    struct Address: Sendable {
        let path: String
        var repository: String?
        var branch: String?
        var thread: String?
    }

    struct Text: Sendable {
        let path: String
        let text: String
        /// The base of a change.
        let commit: String?
        let url: String
    }

    func find(in repository: String?, words: String? = nil) async throws -> [JSON] {
        let found = try await self.backend.json(
            MCPCall("findDocuments", query: [("repository", repository), ("q", words)]))
        return found["items"]?.arrayValue ?? []
    }

    func line(_ item: JSON) -> String {
        let title = item["title"]?.stringValue.map { " “\(MCPText.line($0, 80))”" } ?? ""
        return
            "\(item["repository"]?.stringValue ?? ""): \(MCPText.line(item["path"]?.stringValue ?? "", 240))\(title) "
            + "on \(item["branch"]?.stringValue ?? "") \(self.link(item))"
    }

    func link(_ item: JSON) -> String { self.backend.pageURL + (item["url"]?.stringValue ?? "") }

    func read(_ address: Address) async throws -> Text {
        if address.thread == nil, let text = try await self.viewed(address) { return text }
        let (thread, path) = try await self.thread(for: address)
        let document = try await self.backend.json(MCPCall("getDocument", thread, path))
        return Text(
            path: path, text: document["text"]?.stringValue ?? "", commit: document["commit"]?.stringValue,
            url: document["url"]?.stringValue ?? "")
    }

    /// A document as the viewer shows it, which leaves no conversation behind; nil where the viewer shows nothing.
    private func viewed(_ address: Address) async throws -> Text? {
        let (repository, branch) = try await self.place(of: address)
        do {
            // At one commit, which others may replace meanwhile.
            let head = try await self.backend.json(MCPCall("getCommitFiles", repository, branch))
            guard let sha = head["sha"]?.stringValue else { return nil }
            let answer = try await self.backend.send(MCPCall("downloadFile", repository, sha, address.path))
            guard answer.status != 404 else { throw Self.missing }
            guard answer.status == 200 else { throw answer.refusal }
            return Text(
                path: address.path, text: String(decoding: answer.body, as: UTF8.self), commit: sha,
                url: self.backend.pageURL + ViewerPath.editor(repository, branch, address.path))
        } catch let refusal as MCPRefusal where refusal != Self.missing && [403, 404, 413].contains(refusal.status) {
            return nil
        }
    }

    private static let missing = MCPRefusal(
        "There is no such document. documents_list has those that exist.", status: 404)

    /// The conversation beside which the caller edits a document; it is created if it is missing.
    func thread(for address: Address) async throws -> (thread: String, path: String) {
        if let thread = address.thread { return (thread, address.path) }
        let (repository, branch) = try await self.place(of: address)
        let opened = try await self.backend.json(
            MCPCall(
                "openDocument",
                body: [
                    "path": .string(address.path), "repository": .string(repository), "branch": .string(branch),
                ]))
        guard let thread = opened["thread_id"]?.stringValue else {
            throw MCPRefusal("The host opened no document. Try again.")
        }
        return (thread, address.path)
    }

    /// The repository and branch of a document, found in the lists where they aren't named.
    private func place(of address: Address) async throws -> (repository: String, branch: String) {
        if let repository = address.repository, let branch = address.branch { return (repository, branch) }
        let found = try await self.backend.json(
            MCPCall("findDocuments", query: [("repository", address.repository)]))
        let same = found["items"]?.arrayValue?.filter { $0["path"]?.stringValue == address.path } ?? []
        // A new document goes where the others of its folder are.
        let feature = address.path.hasPrefix("specs/") ? address.path.split(separator: "/").dropFirst().first : nil
        let homes = found["homes"]?.arrayValue?.filter { $0["feature"]?.stringValue == feature.map(String.init) } ?? []
        var places = same.isEmpty ? homes : same
        if let branch = address.branch { places = places.filter { $0["branch"]?.stringValue == branch } }
        guard let first = places.first, let repository = first["repository"]?.stringValue,
            let branch = first["branch"]?.stringValue
        else { throw Self.missing }
        let others = Set(places.compactMap { $0["repository"]?.stringValue })
        guard others.count == 1 else {
            throw MCPRefusal("Name the `repository`: \(others.sorted().joined(separator: ", ")).")
        }
        return (repository, branch)
    }
}

extension MCPDocuments.Address {
    fileprivate init(_ call: MCPToolCall) throws {
        self.init(
            path: try call.needed("path"), repository: call.text("repository"), branch: call.text("branch"),
            thread: call.text("thread_id"))
    }
}
