internal import Copilot
internal import Crypto
internal import Lifecycle
internal import Logging
internal import Primitives

/// People's sign-ins in files of their own, mode 0600 in a folder of mode 0700.
struct PersonFiles: Sendable {
    /// `data_dir/github/people`.
    let folder: String

    /// The name reveals nothing about the person and cannot leave the folder.
    private func path(of person: String) -> String { "\(self.folder)/\(hex(sha256(person))).json" }

    func stamp(of person: String) -> PrivateFile.Stamp { PrivateFile.Stamp(of: self.path(of: person)) }

    @concurrent func read(_ person: String) async -> PersonAccount? {
        let path = self.path(of: person)
        guard let file = PrivateFile.read(path), let account = PersonAccount(bytes: file.bytes),
            account.person == person
        else { return nil }
        if file.isOpenToOthers { _ = try? PrivateFile.tighten(path) }
        Redaction.register(account.token)
        if let renewal = account.renewal { Redaction.register(renewal.refreshToken) }
        return account
    }

    @concurrent func write(_ account: PersonAccount) async throws {
        Redaction.register(account.token)
        if let renewal = account.renewal { Redaction.register(renewal.refreshToken) }
        try PrivateFile.makeFolder(self.folder)
        try PrivateFile.write(account.bytes, to: self.path(of: account.person))
    }

    /// False if there was none.
    @concurrent func remove(_ person: String) async throws -> Bool {
        try PrivateFile.remove(self.path(of: person))
    }
}
