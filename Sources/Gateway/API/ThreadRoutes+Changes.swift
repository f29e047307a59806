internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Sessions

/// What people decide about a whole thread: its title, and whether it is archived or pinned.
extension ThreadRoutes {
    /// In bytes.
    private static let searchLimit = 200
    /// In bytes: more than a title of the greatest length, with each character escaped.
    private static let bodyLimit = 16 << 10
    /// All of a person's pinned threads are one page.
    private static let pinLimit: Int64 = 50

    var change: APIRoute {
        APIRoute(
            method: .patch, pattern: "/api/v1/threads/{id}", operation: "changeThread",
            summary:
                "Renames a thread, archives it or brings it back, or pins it to the top of your list; what the body "
                + "leaves out stays as it is.",
            access: .scopes([.chat], from: .guest), body: "ThreadChange", bodyLimit: Self.bodyLimit,
            answers: [
                .init(status: .ok, description: "The changed thread.", schema: "Thread"),
                .init(status: .badRequest, description: "The title cannot be used.", schema: "Problem"),
                .init(status: .conflict, description: "You have pinned too many threads.", schema: "Problem"),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"),
                .init(
                    status: .badGateway, description: "The archive cannot be written; nothing was changed.",
                    schema: "Problem"),
            ], handle: { try await self.change($0) })
    }

    private func change(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.session(request.parameter("id"), for: principal)
        let id = session.id
        let body = try await request.object(upTo: Self.bodyLimit)
        let title = try body["title"].map(Self.title)
        let isArchived = try body["archived"].map { try Self.flag("archived", $0) }
        let isPinned = try body["pinned"].map { try Self.flag("pinned", $0) }
        guard title != nil || isArchived != nil || isPinned != nil else {
            throw HTTPProblem(.badRequest, "The body needs a member `title`, `archived` or `pinned`.")
        }
        if isArchived == true, session.state != .archived { try await self.writeArchive(of: id, request) }
        let now = self.context.now()
        let document = try await self.context.store.write(beside: Place(of: session.key)) { ledger -> ThreadDocument? in
            guard let session = try ledger.change(session: id, title: title, isArchived: isArchived) else { return nil }
            if let isPinned { try Self.setPinned(isPinned, id, by: principal.identity, in: ledger) }
            return try ThreadDocument(session: session, for: principal, in: ledger, at: now)
        }
        guard let document else { throw Problems.missing("thread") }
        request.logger.info("a thread was changed", ["thread": .string(id)])
        return .json(document.json)
    }

    private func writeArchive(of session: String, _ request: APIRequest) async throws {
        do {
            try await self.context.settings.archive?(session)
        } catch let error as CancellationError {
            throw error
        } catch {
            request.logger.warning(
                "a thread was not archived", ["thread": .string(session), "error": .string("\(error)")])
            throw HTTPProblem(.badGateway, "\(error)")
        }
    }

    private static func title(_ value: JSON) throws -> String {
        guard let text = value.stringValue else { throw HTTPProblem(.badRequest, "`title` must be a text.") }
        do { return try ThreadTitle(text).text } catch { throw HTTPProblem(.badRequest, error.message) }
    }

    private static func flag(_ name: String, _ value: JSON) throws -> Bool {
        guard let flag = value.boolValue else { throw HTTPProblem(.badRequest, "`\(name)` must be true or false.") }
        return flag
    }

    private static func setPinned(_ isPinned: Bool, _ session: String, by person: String, in ledger: Ledger) throws {
        if isPinned, try ledger.pinCount(of: person) >= Self.pinLimit {
            throw HTTPProblem(
                .conflict, "You have pinned \(Self.pinLimit) conversations, which is the limit: remove a pin first.")
        }
        try ledger.setPinned(isPinned, session: session, of: person)
    }

    /// What a listing for `principal` contains: an owner sees all threads, others their own.
    static func filter(of request: APIRequest, for principal: Principal) throws -> SessionFilter {
        let query = request.http.query
        if let search = query["q"], search.utf8.count > Self.searchLimit {
            throw HTTPProblem(
                .badRequest, "`q` has \(search.utf8.count) bytes, and the limit is \(Self.searchLimit): shorten it.")
        }
        let isOwn = try Self.flag("mine", of: request)
        return SessionFilter(
            adapter: query["adapter"], owner: principal.seesEverything && !isOwn ? nil : principal.identity,
            isArchived: try Self.flag("archived", of: request), search: query["q"])
    }

    /// The pinned threads of a listing that begins with them.
    static func pinned(
        _ filter: SessionFilter, of request: APIRequest, by principal: Principal, in ledger: Ledger
    ) throws -> [SessionRecord] {
        switch request.http.query["pinned"] {
        case nil: return []
        case "first":
            var filter = filter
            filter.pinnedBy = principal.identity
            return try ledger.sessions(filter, after: nil, limit: Int(Self.pinLimit)).items
        default: throw HTTPProblem(.badRequest, "`pinned` must be `first`, or left out.")
        }
    }

    private static func flag(_ name: String, of request: APIRequest) throws -> Bool {
        switch request.http.query[name] ?? "false" {
        case "true": return true
        case "false": return false
        default: throw HTTPProblem(.badRequest, "`\(name)` must be true or false.")
        }
    }
}
