internal import Crypto
package import HTTP
internal import JSON
package import Logging
internal import Primitives
package import Store

/// The servers of a host, and what of theirs may be used: the lists that owners have approved, as they are stored, less
/// what the servers have changed since.
package final class ExtensionDesk: Sendable {
    /// Makes what calls a server. Starts nothing.
    package typealias Making = @Sendable (ExtensionSettings) -> any ExtensionCalling

    /// A server with what of it may be used now.
    package struct Offered: Sendable {
        package let settings: ExtensionSettings
        /// The approved list.
        package let list: ExtensionList
        /// Those of the approved tools that the server offers unchanged.
        package let tools: [ExtensionTool]
        package let prompts: [ExtensionPrompt]
        package let hasResources: Bool
        /// For models, if they are unchanged.
        package let instructions: String?

        package var approved: ApprovedExtension {
            ApprovedExtension(
                server: self.settings.name, tools: self.tools, names: self.list.names, decisions: self.settings.tools,
                hasResources: self.hasResources)
        }
    }

    private struct State {
        var settings: [ExtensionSettings] = []
        var servers: [String: any ExtensionCalling] = [:]
        /// Stored lists by server and digest: they never change.
        var lists: [String: ExtensionList] = [:]
        /// Servers to be checked.
        var due: Set<String> = []
    }

    package let store: SessionStore
    /// The names of the host's own tools.
    let ownTools: [String]
    private let make: Making
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let state = Protected(State())
    /// Something is due: a check, or a question to owners.
    let wakeup: Signal
    private let needs: ExtensionSignInNeeds

    /// - Parameter needs: Where the servers that it makes say that they need a sign-in.
    package init(
        _ settings: [ExtensionSettings], store: SessionStore, ownTools: [String] = [],
        needs: ExtensionSignInNeeds = ExtensionSignInNeeds(), now: @escaping @Sendable () -> Int64, logger: Logger,
        make: @escaping Making
    ) {
        self.store = store
        self.ownTools = ownTools
        self.needs = needs
        self.wakeup = needs.wakeup
        self.make = make
        self.now = now
        self.logger = logger
        self.adopt(settings)
    }

    // MARK: Settings

    package var settings: [ExtensionSettings] { self.state.withLock { $0.settings } }

    /// The host's account at a server elsewhere; nil for one that takes none.
    package func signIn(at name: String) -> ExtensionSignIn? { (self.server(name) as? ExtensionServer)?.signIn }

    package func server(_ name: String) -> (any ExtensionCalling)? { self.state.withLock { $0.servers[name] } }

    /// Applies changed settings. A server whose settings differ is ended and made again; running turns keep the others.
    package func replace(_ settings: [ExtensionSettings]) async {
        for server in self.adopt(settings) { await server.stop() }
        self.wakeup.signal()
    }

    /// Returns the servers that are no longer used.
    @discardableResult
    private func adopt(_ settings: [ExtensionSettings]) -> [any ExtensionCalling] {
        let old = self.state.withLock { $0.servers }
        let kept = old.filter { name, server in settings.contains { $0.name == name && $0 == server.settings } }
        let new = settings.filter { kept[$0.name] == nil }.map { ($0.name, self.make($0)) }
        self.state.withLock { state in
            state.settings = settings
            state.servers = kept.merging(new) { _, new in new }
            state.due.formUnion(new.map(\.0))
        }
        return old.filter { kept[$0.key] == nil }.map(\.value)
    }

    package func stop() async {
        for server in self.state.withLock({ Array($0.servers.values) }) { await server.stop() }
    }

    func takeDue() -> [String] {
        self.state.withLock { state in
            defer { state.due = [] }
            return state.due.sorted()
        }
    }

    /// Has a server's list read again.
    package func note(changeOf name: String) {
        self.state.withLock { _ = $0.due.insert(name) }
        self.wakeup.signal()
    }

    // MARK: Sign-ins

    /// The pages that an owner has to open. A server whose page is still good gives out no other.
    package func takeSignInPages() async -> [ExtensionSignInPage] {
        var pages: [ExtensionSignInPage] = []
        for name in self.needs.take() {
            do {
                guard let page = try await self.signIn(at: name)?.beginUnlessUnderWay() else { continue }
                pages.append(page)
            } catch {
                self.logger.warning(
                    "no sign-in can be begun at an extension's server",
                    ["extension": .string(name), "error": .string("\(error)")])
            }
        }
        return pages
    }

    /// Ends a sign-in with what came back from its page, and has the server's list read; nil if the server has no account.
    package func finishSignIn(at name: String, _ answer: HTTPQuery) async -> ExtensionSignInResult? {
        guard let result = await self.signIn(at: name)?.finish(answer) else { return nil }
        if result.isDone { self.note(changeOf: name) }
        return result
    }

    // MARK: What may be used

    /// The digest of what a server is started by or reached at.
    static func place(of way: ExtensionSettings.Way) -> String {
        let empty = ExtensionOffer(era: .modern, revision: "", server: "")
        return ExtensionDigest.of(empty, by: way)
    }

    /// The servers with an approved list, in the order of the configuration.
    package func offered() async throws -> [Offered] {
        let settings = self.settings
        guard !settings.isEmpty else { return [] }
        let lists = try await self.lists()
        return settings.compactMap { Self.offered($0, lists) }
    }

    package func offered(_ server: String) async throws -> Offered? {
        try await self.offered().first { $0.settings.name == server }
    }

    typealias Lists = [(record: ExtensionListRecord, list: ExtensionList)]

    private static func offered(_ settings: ExtensionSettings, _ lists: Lists) -> Offered? {
        let place = Self.place(of: settings.way)
        let own = lists.filter { $0.record.server == settings.name && $0.record.place == place }
        guard let approved = own.first(where: { $0.record.state == .approved })?.list else { return nil }
        guard let newer = own.first(where: { $0.record.state != .approved })?.list else {
            return Offered(
                settings: settings, list: approved, tools: approved.offer.tools, prompts: approved.offer.prompts,
                hasResources: approved.offer.hasResources, instructions: approved.offer.instructions)
        }
        let difference = ExtensionComparison(from: approved.offer, to: newer.offer)
        return Offered(
            settings: settings, list: approved, tools: difference.tools.compactMap(\.unchanged),
            prompts: difference.prompts.compactMap(\.unchanged),
            hasResources: approved.offer.hasResources && newer.offer.hasResources,
            instructions: difference.instructions?.unchanged)
    }

    /// Everything that is stored of the servers.
    func lists() async throws -> Lists {
        let known = self.state.withLock { $0.lists }
        let lists = try await self.store.read { ledger in
            try ledger.extensionLists().compactMap { record in
                let list =
                    try known[Self.key(record.server, record.digest)]
                    ?? ledger.extensionList(server: record.server, digest: record.digest)
                return list.map { (record, $0) }
            } as Lists
        }
        self.state.withLock { state in
            state.lists = Dictionary(
                lists.map { (Self.key($0.record.server, $0.record.digest), $0.list) }
            ) { first, _ in first }
        }
        return lists
    }

    private static func key(_ server: String, _ digest: String) -> String { "\(server) \(digest)" }

    // MARK: Checks

    /// Starts a server if need be, reads its list and compares it with the approved one; what is new waits for an owner.
    /// Throws ``ExtensionFailure``.
    @discardableResult
    package func check(_ name: String) async throws -> ExtensionList {
        guard let server = self.server(name) else {
            throw ExtensionFailure(.down, "There is no extension called \(name). Its entry may have been removed.")
        }
        let settings = server.settings
        await server.onChange { [weak self] in self?.note(changeOf: name) }
        let offer = try await server.offer()
        let (place, now) = (Self.place(of: settings.way), self.now())
        let (list, isNew) = try await self.store.write { ledger in
            let records = try ledger.extensionLists().filter { $0.server == name }
            let approved = try records.first { $0.state == .approved }.flatMap {
                try ledger.extensionList(server: name, digest: $0.digest)
            }
            // Also those of another command: a name means the same for policy and record.
            let list = ExtensionList(offer, of: settings, kept: approved?.names ?? [:])
            switch records.first(where: { $0.digest == list.digest })?.state {
            case .approved: try ledger.forgetNewer(of: name)
            case .waiting, .denied: return (list, false)
            case nil:
                try ledger.insert(list, of: name, place: place, at: now)
                if let approved, records.contains(where: { $0.state == .approved && $0.place == place }),
                    ExtensionComparison(from: approved.offer, to: offer).isReduced
                {
                    // Nothing is left to approve.
                    try ledger.approve(server: name, digest: list.digest, by: nil, at: now)
                } else {
                    return (list, true)
                }
            }
            return (list, false)
        }
        if isNew {
            self.logger.info(
                "an extension's list waits for an owner", ["extension": .string(name), "digest": .string(list.digest)])
            self.wakeup.signal()
        }
        return list
    }

    /// ``check(_:)`` whose failure is a line of the log.
    func look(at name: String) async {
        do {
            try await self.check(name)
        } catch is CancellationError {
            return
        } catch {
            self.logger.info(
                "an extension could not be checked", ["extension": .string(name), "error": .string("\(error)")])
        }
    }

    // MARK: Calls

    /// The server for a call of what is approved: started and compared first if it doesn't run, so that nothing that has
    /// changed since is called.
    ///
    /// - Parameter digest: Of the approved list that the call was decided with.
    package func ready(
        _ name: String, digest: String, where isOffered: @Sendable (Offered) -> Bool
    ) async throws -> any ExtensionCalling {
        guard let server = self.server(name) else {
            throw ExtensionFailure(.down, "The extension \(name) is no longer configured.")
        }
        let status = await server.status()
        switch status.state {
        case .running: break
        case .idle, .starting: try await self.check(name)
        case .failed:
            throw ExtensionFailure(
                .down,
                "The extension \(name) has failed several times and is not started again by itself"
                    + "\(status.lastError.map { ": \($0)" } ?? "."). An owner can try it with "
                    + "`jetbridge extensions check \(name)`.")
        }
        guard let offered = try await self.offered(name), offered.list.digest == digest, isOffered(offered) else {
            throw ExtensionFailure(
                .refused(code: 0),
                "The list of the extension \(name) has changed since this was decided, so nothing was called. "
                    + "An owner may have to approve it.")
        }
        return server
    }
}

extension ExtensionComparison.Change {
    fileprivate var unchanged: Item? {
        if case .unchanged(let item) = self { item } else { nil }
    }
}

// MARK: What owners are asked

extension ExtensionDesk {
    /// A list that waits, and what owners read of it.
    package struct Unasked: Sendable {
        package let name: String
        package let digest: String
        package let markdown: String
    }

    /// The lists that wait, of configured servers. Whether somebody was asked is known only in a transaction.
    package func unasked() async throws -> [Unasked] {
        let (settings, lists) = (self.settings, try await self.lists())
        return settings.compactMap { settings in
            let own = lists.filter { $0.record.server == settings.name }
            guard let waiting = own.first(where: { $0.record.state == .waiting }),
                waiting.record.place == Self.place(of: settings.way)
            else { return nil }
            return Unasked(
                name: settings.name, digest: waiting.list.digest,
                markdown: self.text(of: settings, waiting.list, among: lists).markdown)
        }
    }

    /// What an owner reads of a list.
    func text(of settings: ExtensionSettings, _ list: ExtensionList, among lists: Lists) -> ExtensionAskText {
        let approved = lists.first { $0.record.server == settings.name && $0.record.state == .approved }
        let others = lists.filter { $0.record.server != settings.name }.flatMap { $0.list.names.values }
        return ExtensionAskText(
            settings: settings, list: list, approved: approved?.list,
            isMoved: approved.map { $0.record.place != Self.place(of: settings.way) } ?? false,
            others: (self.ownTools + others).sorted())
    }
}
