internal import JSON
internal import Sessions

/// What the people who began threads are called.
struct OwnerNames: Sendable {
    /// By identity, of those who signed in or have a token.
    private var names: [String: String] = [:]

    init() {}

    init(in ledger: Ledger) throws {
        for kind in [CredentialRecord.Kind.token, .cookie] {
            for credential in try ledger.credentials(kind: kind) { self.names[credential.identity] = credential.name }
        }
    }

    /// On another network the account's own name, such as `alice` for `irc:local/account:alice`; nil if it is unknown.
    func name(of identity: String) -> String? {
        if let name = self.names[identity] { return name }
        guard !identity.hasPrefix("web:") else { return nil }
        return Person.account(of: identity)
    }
}

extension ThreadDocument {
    /// In a list, where threads of several people may be.
    func json(for principal: Principal, names: OwnerNames) -> JSON {
        guard var members = self.json.objectValue else { return self.json }
        members["own"] = .bool(self.session.owner == principal.identity)
        members["owner_name"] = names.name(of: self.session.owner).map { .string($0) } ?? .null
        return .object(members)
    }
}
