import EventLoop
import Glibc
import Primitives
import Processes
import TestSupport
import Testing

/// Kills the real program while it fetches a repository from a Git server, and restarts it.
@Suite("A crash in the middle of a fetch", .serialized, .timeLimit(.minutes(3)))
struct MirrorCrashTests {
    private static let password = "pw-" + String(repeating: "Kx9", count: 8)
    private static let environment = ["APP_PASSWORD": MirrorCrashTests.password]

    /// A served repository, and a host that follows it.
    private struct Scene {
        let folder: TemporaryDirectory
        let git: RealGit
        let server: LoopbackGitServer
        let host: HostProcess

        init() async throws {
            self.folder = try TemporaryDirectory()
            self.git = RealGit(self.folder.path)
            self.server = try await LoopbackGitServer.started(root: self.folder.path) { user, password, _, _ in
                user == "jet" && password == MirrorCrashTests.password ? nil : 401
            }
            self.host = try await HostProcess(
                configuration: """
                    gateway: {listen: "127.0.0.1:0"}
                    model: {provider: rehearsal}
                    repositories:
                      - {name: app, remote: "\(self.server.url)/app.git", user: jet, password: {env: APP_PASSWORD}}

                    """)
            // Random bytes can't be compressed; trying takes seconds.
            try self.git.shell(
                """
                git init -q --bare app.git && git clone -q app.git work 2>/dev/null && \
                printf '[core]\n compression = 0\n[pack]\n compression = 0\n[receive]\n unpackLimit = 1\n' | \
                tee -a app.git/config >> work/.git/config
                """)
        }

        var mirror: String { self.host.dataPath + "/mirrors/app.git" }

        /// Pushes files of random bytes.
        func commit(_ name: String, megabytes: Int) throws {
            try self.git.shell(
                """
                cd work && for i in $(seq \(megabytes)); do head -c 1000000 /dev/urandom > \(name)$i; done && \
                git add . && git commit -qm '\(name)' && git push -q origin main
                """)
        }

        /// Whether the mirror is whole and has exactly the server's branches, and nothing is left of a broken fetch.
        func isSame() throws -> Bool {
            try self.git("-C '\(self.mirror)' fsck --strict --full --no-dangling")
            let references = "for-each-ref --format='%(refname) %(objectname)'"
            let leftovers = "find '\(self.mirror)' -name '*.lock' -o -name 'pack_git2_*'"
            return try self.git("-C '\(self.mirror)' \(references)") == self.git("-C app.git \(references)")
                && self.git.shell(leftovers) == ""
        }

        /// The next pack, whoever fetches it, stops in its middle.
        func hangNextFetch() {
            self.server.backend.forgetCalls()
            self.server.fail(.fetch, .hang(after: 1_500_000))
        }

        /// Kills the host in the middle of that pack.
        func killDuringFetch(_ client: GatewayClient) async throws {
            // Unstructured: the page waits for the fetch until the host is dead. One right after another fetch is shown
            // without a new one.
            let page = Task { [server] in
                while (try? await client.page("/r/app")) != nil, !server.calls.contains(where: { $0.request == .fetch })
                {
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            while try self.git.shell("ls '\(self.mirror)/objects/pack' 2>/dev/null | grep -c '^pack_git2_' || true")
                == "0"
            {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await self.checkProcesses()
            await self.host.kill()
            _ = await page.value
            // The page and the watch of branches share the fetch.
            expectEqual(self.server.calls.map(\.request), [.references(isPush: false), .fetch])
        }

        /// Nobody can read the password in the list of processes, and no other program got it.
        private func checkProcesses() async throws {
            let host = try #require(await self.host.id)
            let arguments = try self.git.shell("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' || true")
            #expect(!arguments.contains(MirrorCrashTests.password))
            try expectEqual(self.git.shell("cat /proc/\(host)/task/*/children"), "")
        }
    }

    @Test("a killed clone and a killed fetch leave a mirror that the next start completes, and no secret")
    func killed() async throws {
        let scene = try await Scene()
        try scene.commit("first", megabytes: 3)
        // The host looks at its servers as soon as it starts.
        scene.hangNextFetch()
        try await scene.host.start(environment: Self.environment)
        var client = try await scene.host.signIn()
        for round in ["clone", "fetch"] {
            if round == "fetch" {
                scene.hangNextFetch()
                try scene.commit("next", megabytes: 3)
            }
            let before = try scene.git("-C '\(scene.mirror)' for-each-ref")
            try await scene.killDuringFetch(client)
            // Nothing of the half pack is visible, and what was there is whole.
            try expectEqual(scene.git("-C '\(scene.mirror)' for-each-ref"), before, "\(round)")
            try scene.git("-C '\(scene.mirror)' fsck --strict --full")

            try await scene.host.start(environment: Self.environment)
            client = client.moved(to: try #require(scene.host.address))
            try await expectEqual(client.page("/r/app").status, 200)
            try await eventually("the mirror is what the server has after the \(round)") { try scene.isSame() }
        }
        await expectEqual(scene.host.terminate(), .exited(0))
        try expectEqual(scene.git.shell("grep -rla '\(Self.password)' '\(scene.host.dataPath)' || true"), "")
        #expect(await !scene.host.log.contains(Self.password))
        #expect(scene.server.calls.allSatisfy { $0.password == Self.password })
        await scene.server.stop()
    }

    @Test("a clone of 50 MB needs little memory of its own")
    func memory() async throws {
        let scene = try await Scene()
        try scene.commit("big", megabytes: 50)
        try await scene.host.start(environment: Self.environment)
        let client = try await scene.host.signIn()
        let process = try #require(await scene.host.id)
        let before = try Self.memory(of: process)
        let isDone = Protected(false)
        async let status = {
            defer { isDone.withLock { $0 = true } }
            return try await client.page("/r/app").status
        }()
        var peak = before
        while !isDone.withLock({ $0 }) {
            peak = max(peak, try Self.memory(of: process))
            try await Task.sleep(for: .milliseconds(2))
        }
        try await expectEqual(status, 200)
        #expect(try scene.isSame())
        #expect(peak - before < 20_000, "from \(before) kB to \(peak) kB")
        await expectEqual(scene.host.terminate(), .exited(0))
        await scene.server.stop()
    }

    /// What a process has in RAM besides the files that it maps, in kB. Those are the system's cache of them, which it
    /// can take back: the library maps a pack to check it.
    private static func memory(of process: Int32) throws -> Int {
        let file = try #require(fopen("/proc/\(process)/status", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            if words.first == "RssAnon:", words.count > 1, let size = Int(words[1]) { return size }
        }
        throw CancellationError()
    }
}
