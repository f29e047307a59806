internal import People
internal import Store
internal import Threads

/// What the people who began threads are called.
struct OwnerNames: Sendable {
    /// By identity, of those who signed in or have a token.
    private var names: [String: String] = [:]

    init() {}

    init(in ledger: Ledger) throws {
        self.names = try ledger.namesOfPeople()
    }

    /// On another network the account's own name, such as `alice` for `irc:local/account:alice`; nil if it is unknown.
    func name(of identity: String) -> String? {
        if let name = self.names[identity] { return name }
        guard !identity.hasPrefix("web:") else { return nil }
        return Person.account(of: identity)
    }
}

extension API.ListedThread {
    init(_ thread: API.Thread, for principal: Principal, names: OwnerNames) {
        self.init(
            thread: thread, own: principal.visitor.began(threadOf: thread.owner),
            ownerName: names.name(of: thread.owner))
    }
}
