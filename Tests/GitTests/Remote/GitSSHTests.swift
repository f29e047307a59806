import Crypto
import EventLoop
import Glibc
import Primitives
import Processes
import TestSupport
import Testing

@testable import Git

@Suite("A server over SSH", .timeLimit(.minutes(2)))
struct GitSSHTests {
    /// A real sshd on loopback, with a key that it accepts and one that it doesn't.
    private struct Server {
        let fixture: RemoteFixture
        let process: Process
        let port: Int
        let folder: String

        init() async throws {
            self.fixture = try await RemoteFixture()
            self.folder = self.fixture.folder.path
            try self.fixture.git.shell(
                """
                for name in host user stranger; do ssh-keygen -q -t ed25519 -N '' -C '' -f $name; done && \
                cp user.pub authorized && chmod 600 authorized && \
                ssh-keygen -q -t ed25519 -N 'pass phrase' -C '' -f locked && cat locked.pub >> authorized && mkdir -p /run/sshd
                """)
            let port = try FreePorts.take()
            try self.fixture.git.shell(
                """
                printf '%s\\n' 'Port \(port)' 'ListenAddress 127.0.0.1' 'HostKey \(self.folder)/host' \
                'AuthorizedKeysFile \(self.folder)/authorized' 'StrictModes no' 'UsePAM no' 'PidFile none' \
                'PasswordAuthentication no' > sshd_config
                """)
            self.process = try await Process.spawn(
                .tied("/usr/sbin/sshd", ["-D", "-e", "-f", "\(self.folder)/sshd_config"], environment: [:]))
            self.port = port
            var said = ""
            while !said.contains("Server listening"), let bytes = try await self.process.errorOutput.read() {
                said += String(decoding: bytes, as: UTF8.self)
            }
            try #require(said.contains("Server listening"), "\(said)")
            try self.trust("[127.0.0.1]:\(port)", "host")
        }

        func trust(_ name: String, _ key: String) throws {
            try self.fixture.git.shell("printf '%s %s\\n' '\(name)' \"$(cat \(key).pub)\" > known")
        }

        func remote(_ key: String = "user", passphrase: Secret? = nil, path: String? = nil) throws -> GitRemote {
            let user = String(cString: getpwuid(getuid()).pointee.pw_name)
            let path = path ?? "\(self.folder)/served/owner/name.git"
            return GitRemote(
                url: try GitRemoteURL("ssh://\(user)@127.0.0.1:\(self.port)\(path)"),
                access: .ssh(
                    GitSSHKey(
                        privateKeyPath: "\(self.folder)/\(key)", passphrase: passphrase,
                        knownHostsPath: "\(self.folder)/known")))
        }

        func stop() async {
            await self.process.stop(patience: .zero)
            await self.fixture.server.stop()
        }
    }

    @Test(
        "a server that sends too much before its references have arrived is cut off",
        arguments: [(10, .tooLarge), (1 << 20, nil)] as [(Int, GitError.Code?)])
    @Net func flood(limit: Int, code: GitError.Code?) async throws {
        let server = try await Server()
        let relay = try await GitSSHRelay.open(host: "127.0.0.1", port: server.port, limit: limit)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: relay.port))
        let descriptor = try await Socket.connected(to: address)
        let socket = try RelaySocket(descriptor)
        // The first thing that a server says, in some forty bytes.
        let banner = try await socket.read()
        expectEqual(banner == nil, code != nil)
        expectEqual(relay.failure?.code, code)
        socket.close()
        relay.close()
        await server.stop()
    }

    @Test("clone, fetch and push with a key; a key with a passphrase")
    func works() async throws {
        let server = try await Server()
        let fixture = server.fixture
        let old = try fixture.id(fixture.commit())
        let remote = try server.remote()
        try await expectEqual(remote.fetch(into: fixture.mirror).defaultBranch, "main")
        #expect(try fixture.isSame())
        let new = try fixture.outgoing()
        try await remote.push("refs/jetbridge/outgoing/one", to: "main", expecting: old, from: fixture.mirror)
        try expectEqual(fixture.served("main"), new.hex)
        await expectEqual(
            Fixture.code {
                try await remote.push("refs/jetbridge/outgoing/one", to: "main", expecting: nil, from: fixture.mirror)
            }, nil)
        let locked = try server.remote("locked", passphrase: Secret("pass phrase"))
        try await expectEqual(locked.list().branches["main"], new)
        await server.stop()
    }

    @Test("a stranger's key, a wrong passphrase, a missing key and a missing repository")
    func refused() async throws {
        let server = try await Server()
        for remote in try [
            server.remote("stranger"), server.remote("locked", passphrase: Secret("x")), server.remote("absent"),
        ] {
            await expectEqual(Fixture.code { _ = try await remote.list() }, .unauthorised)
        }
        let missing = try server.remote(path: "/nonexistent.git")
        await expectEqual(Fixture.code { _ = try await missing.list() }, .notFound)
        await server.stop()
    }

    @Test("a server whose key is not known, or is another one, is refused; the error says how to add it")
    func unknown() async throws {
        let server = try await Server()
        let fixture = server.fixture
        try server.trust("other.example.org", "host")
        do {
            _ = try await server.remote().list()
            Issue.record("the list came")
        } catch let error as GitError {
            let print = try fixture.git.shell("ssh-keygen -lf host.pub | cut -d' ' -f2")
            expectEqual(error.code, .unreachable)
            #expect(error.message.contains(print))
            #expect(error.message.contains("ssh-keyscan -p \(server.port) -t ed25519 127.0.0.1 >> "))
        }
        try server.trust("[127.0.0.1]:\(server.port)", "stranger")
        do {
            _ = try await server.remote().list()
            Issue.record("the list came")
        } catch let error as GitError {
            #expect(error.message.contains("has another ssh-ed25519 key"))
        }
        await server.stop()
    }

    @Test("cancelling ends a connection to a server that says nothing")
    func silent() async throws {
        let folder = try TemporaryDirectory()
        let silent = try await ScriptedServer()
        let remote = GitRemote(
            url: try GitRemoteURL("ssh://git@127.0.0.1:\(silent.port)/a.git"),
            access: .ssh(GitSSHKey(privateKeyPath: folder.path + "/key", knownHostsPath: folder.path + "/known")))
        let task = Task { try await remote.list() }
        try await silent.wait(forConnections: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
