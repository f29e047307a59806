internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Schemas
internal import Store
internal import Threads

/// What people decide about a whole thread: its title, and whether it is archived or pinned.
extension ThreadRoutes {
    /// In bytes.
    private static let searchLimit = 200
    /// All of a person's pinned threads are one page: of somebody whose identities had pins of their own, some more.
    private static let pinLimit: Int64 = 50

    static let change = APIRoute(
        .patch, "/api/v1/threads/{id}", "changeThread",
        "Renames a thread, archives it or brings it back, pins it to the top of your list, or shows another of its branches; what the "
            + "body leaves out stays as it is.", .writing, body: API.ThreadChange.self,
        success: (.ok, "The changed thread."),
        [
            .conflict("You have pinned too many threads, or an answer runs while another branch is to be shown."),
            .notFound("No such thread."),
            .badGateway("The archive cannot be written; nothing was changed."),
        ]
    ) { try await Self(context: $0).change($1) }

    private func change(_ call: APICall<API.Nothing, API.ThreadChange>) async throws -> API.Thread {
        let principal = try call.person()
        // A pin is of a person's own list.
        let isOfThread = call.body.title != nil || call.body.archived != nil
        let right: ThreadRight = isOfThread ? .own : call.body.branch == nil ? .read : .join
        let session = try await self.context.session(call.id, for: principal, to: right)
        let id = session.id
        let title = try call.body.title.map(Self.title)
        let (isArchived, isPinned, branch) = (call.body.archived, call.body.pinned, call.body.branch)
        if isArchived == true, session.state != .archived { try await self.writeArchive(of: id, call.logger) }
        let now = self.context.now()
        let thread = try await self.context.store.write(beside: Place(of: session.key)) { ledger -> API.Thread? in
            if let branch { try Self.show(branch, of: id, in: ledger) }
            guard let session = try ledger.change(session: id, title: title, isArchived: isArchived) else { return nil }
            if let isPinned { try Self.setPinned(isPinned, id, by: principal, at: now, in: ledger) }
            return try API.Thread(session, for: principal, in: ledger, at: now)
        }
        guard let thread else { throw Problems.missing("thread") }
        call.logger.info("a thread was changed", ["thread": .string(id)])
        return thread
    }

    private static func show(_ name: String, of session: String, in ledger: Ledger) throws {
        // Locked first: on another host a turn may begin meanwhile.
        guard try ledger.session(id: session, isChanging: true) != nil else { throw Problems.missing("thread") }
        guard let branch = try ledger.branches(of: session).branch(named: name) else {
            throw Problems.missing("branch")
        }
        do { try ledger.checkRest(session) } catch let refusal as BranchRefusal {
            throw HTTPProblem(.conflict, refusal.text)
        }
        _ = try ledger.showBranch(branch, of: session)
    }

    private func writeArchive(of session: String, _ logger: Logger) async throws {
        do {
            try await self.context.settings.archive?(session)
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning(
                "a thread was not archived", ["thread": .string(session), "error": .string("\(error)")])
            throw HTTPProblem(.badGateway, "\(error)")
        }
    }

    private static func title(_ text: String) throws -> String {
        do { return try ThreadTitle(text).text } catch { throw HTTPProblem(HTTPStatus(422), error.message) }
    }

    private static func setPinned(
        _ isPinned: Bool, _ session: String, by principal: Principal, at now: Int64, in ledger: Ledger
    ) throws {
        // An identity that was unlinked may have pins of conversations that it no longer sees.
        let seen = Self.filter(SessionFilter(), isOwn: false, for: principal, at: now)
        if isPinned, try Self.pinned(seen, by: principal, in: ledger).count >= Self.pinLimit {
            throw HTTPProblem(
                .conflict, "You have pinned \(Self.pinLimit) conversations, which is the limit: remove a pin first.")
        }
        try ledger.setPinned(isPinned, session: session, of: principal.identity)
    }

    /// What is wrong with the words to search for; nil if all is well.
    static func problem(withSearch search: String?, named name: String) -> String? {
        guard let search, search.utf8.count > Self.searchLimit else { return nil }
        return "`\(name)` has \(search.utf8.count) bytes, and the limit is \(Self.searchLimit): shorten it."
    }

    /// What a listing for `principal` contains: an owner sees all threads, others their own and what is shared with them.
    static func filter(
        of query: API.ThreadQuery, for principal: Principal, at now: Int64
    ) throws -> SessionFilter {
        if let problem = Self.problem(withSearch: query.q, named: "q") { throw HTTPProblem(HTTPStatus(422), problem) }
        return Self.filter(
            SessionFilter(adapter: query.adapter, isArchived: query.archived ?? false, search: query.q),
            isOwn: query.mine == true, for: principal, at: now)
    }

    /// - Parameter isOwn: Whether only threads count that `principal` began.
    static func filter(
        _ filter: SessionFilter, isOwn: Bool, for principal: Principal, at now: Int64
    ) -> SessionFilter {
        var filter = filter
        filter.owner = principal.seesEverything && !isOwn ? nil : principal.identity
        filter.otherOwners = filter.owner == nil ? [] : principal.otherIdentities
        filter.shared = isOwn ? nil : (principal.visitor, now)
        return filter
    }

    /// The pinned threads of a listing that begins with them.
    static func pinned(
        _ filter: SessionFilter, by principal: Principal, in ledger: Ledger
    ) throws -> [SessionRecord] {
        var filter = filter
        filter.pinnedBy = principal.identity
        return try ledger.sessions(filter, after: nil, limit: 10 * Int(Self.pinLimit)).items
    }
}
