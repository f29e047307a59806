import Backup
import Crypto
import Database
import Glibc
import Primitives
import TestSupport

/// A data directory as hosts leave it, with known secrets.
struct DataFolder: Sendable {
    let directory = try? TemporaryDirectory()
    let database: Database
    let secrets = ["audit.key", "irc-a.memory", "github/people/1", "copilot/token.json", "matrix-a.key"].map {
        ($0, "secret of \($0) \(hex(randomBytes(16)))")
    }

    static let migrations = [
        Migration(
            number: 1, name: "notes",
            sql: """
                CREATE TABLE notes (text TEXT NOT NULL); CREATE TABLE credentials (kind TEXT NOT NULL);
                CREATE TABLE codes (hash TEXT NOT NULL); CREATE TABLE link_codes (hash TEXT NOT NULL);
                """)
    ]
    static let at: Int64 = 1_700_000_000_000

    var top: String { self.directory?.path ?? "" }
    var path: String { "\(self.top)/data" }
    var shell: RealGit { RealGit(self.top) }

    init() async throws {
        mkdir("\(self.directory?.path ?? "")/data", 0o700)
        self.database = try Database(
            path: "\(self.directory?.path ?? "")/data/jetbridge.sqlite", migrations: Self.migrations)
        for (name, text) in self.secrets { self.directory?.write("data/\(name)", text) }
        let keys = try Database(path: "\(self.path)/matrix-a.keys", migrations: Self.migrations)
        try await keys.write { try $0.execute("INSERT INTO notes VALUES ('key of a room')") }
        await keys.close()
        try self.note("first")
        try await self.database.write { try $0.execute("INSERT INTO notes VALUES ('kept')") }
        let long = String(repeating: "long/", count: 40)
        try self.shell.shell(
            """
            git init -q --bare data/notes && git init -q --bare elsewhere.git && git init -q --bare data/mirrors/a.git \
            && git init -q --bare data/mirrors/b.git && git clone -q data/notes work 2>/dev/null && cd work && echo 1 > a \
            && git add a && git commit -qm One && git push -q origin HEAD:main \
            && git push -q ../elsewhere.git HEAD:main && cd ../data \
            && mkdir -p files/s_1 workspaces/s_1/files/\(long) workspaces/s_1/host/store/objects/info jail archives \
            && echo sent > files/s_1/note.txt && echo made > "workspaces/s_1/files/\(long)ünï name" \
            && ln -s /etc/passwd workspaces/s_1/files/link && ln -s /etc/passwd files/link && mkfifo files/pipe \
            && printf '%s/mirrors/a.git/objects\\n' "$PWD" > workspaces/s_1/host/store/objects/info/alternates \
            && echo x > host.lock && echo x > jail/init && chmod 500 workspaces/s_1/files/long \
            && truncate -s 1G workspaces/s_1/files/holes && chmod 755 files/s_1/note.txt
            """)
    }

    private func note(_ text: String) throws { self.directory?.write("data/chat.history", text) }

    var source: BackupSource {
        BackupSource(
            directory: self.path, store: "\(self.path)/jetbridge.sqlite", storeName: "\(self.path)/jetbridge.sqlite",
            repositories: [
                BackupSource.Repository(name: "notes", path: "\(self.path)/notes"),
                BackupSource.Repository(name: "elsewhere", path: "\(self.top)/elsewhere.git"),
            ], remarks: [], release: "1.2.3")
    }

    @discardableResult
    func create(_ name: String = "backup.tar.gz", passphrase: String? = nil) async throws -> BackupManifest {
        try await Backup().create(
            "\(self.top)/\(name)", of: self.source, passphrase: passphrase.map { Secret($0) }, at: Self.at)
    }

    @discardableResult
    func restore(
        _ name: String = "backup.tar.gz", into folder: String = "restored", passphrase: String? = nil, schema: Int = 1
    ) async throws -> BackupManifest {
        try await Backup().restore(
            "\(self.top)/\(name)", into: "\(self.top)/\(folder)", passphrase: passphrase.map { Secret($0) },
            schema: schema)
    }

    func bytes(_ name: String) -> [UInt8] { ProcessTable.read("\(self.top)/\(name)") }

    /// The message of what `body` throws; empty if it throws nothing.
    func failure(_ body: () async throws -> some Any) async -> String {
        do {
            _ = try await body()
            return ""
        } catch {
            return "\(error)"
        }
    }
}
