internal import Crypto
internal import EventLoop
internal import Glibc
package import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// A real Synapse on loopback: SQLite, no federation, with the users alice, bob, jetbot and the administrator root.
///
/// It takes some seconds to start, so a run of tests shares one by ``shared(_:)``, where each test makes accounts and
/// rooms of its own by ``newAccount(_:)``.
package final class Synapse: Sendable {
    /// How much an account may do in a time.
    package enum Limits: Sendable, Hashable {
        case off
        /// Synapse's own limits for messages (0.2/s, burst 10, edits and reactions counted), joins and uploads. Making
        /// accounts and rooms, signing in and inviting stay free, since all tests come from one address.
        case synapseDefaults
        /// Messages at this rate, edits and reactions counted; all else is free.
        case messages(perSecond: Double, burst: Int)
    }

    /// The most bytes of an upload.
    package static let uploadLimit = 2 << 20

    /// `http://127.0.0.1:PORT`
    package let url: HTTPURL
    /// What stands behind the colon of its users.
    package let serverName = SynapseConfiguration.serverName
    private let directory: TemporaryDirectory
    private let process: SynapseProcess
    private let client: HTTPClient
    private let state = Protected(State())

    private struct State {
        var accounts: [String: MatrixAccount] = [:]
        var lastAccount = 0
    }

    // MARK: Life

    /// Starts one of a test's own. Throws ``MatrixTestFailure`` with what it printed when it does not come up.
    package init(limits: Limits = .off) async throws {
        let python = Self.root + "/.cache/venv-chat/bin/python"
        guard access(python, X_OK) == 0 else {
            throw MatrixTestFailure("there is no \(python), which Synapse is installed for; run scripts/setup test")
        }
        let port = try FreePorts.take()
        self.directory = try TemporaryDirectory()
        let configuration = SynapseConfiguration(directory: self.directory.path, port: port, limits: limits)
        try configuration.write()
        self.url = try HTTPURL("http://127.0.0.1:\(port)")
        self.process = SynapseProcess(python, configuration: configuration)
        var settings = HTTPClientSettings()
        settings.userAgent = "jetbridge-test"
        self.client = HTTPClient(settings)
        try await self.start()
        for name in ["root", "alice", "bob", "jetbot"] {
            try await self.register(name, isAdministrator: name == "root")
        }
    }

    /// The one of this run of tests with these limits; it ends with the process.
    package static func shared(_ limits: Limits = .off) async throws -> Synapse {
        try await SharedSynapses.one(limits)
    }

    /// Starts it again on the same port, with what it has stored, after ``stop()`` or ``kill()``.
    package func start() async throws {
        try await self.process.start()
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if (try? await self.api(nil).bytes(.get, ["health"])) != nil { return }
            guard await self.process.isRunning, ContinuousClock.now < deadline else {
                await self.process.end(SIGKILL)
                throw MatrixTestFailure("Synapse did not start:\n\(await self.process.log)")
            }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
    }

    /// Ends it in order; what it has stored stays.
    package func stop() async { await self.process.end(SIGTERM) }

    /// Ends it like `kill -9`; what it has stored stays.
    package func kill() async { await self.process.end(SIGKILL) }

    /// Ends it and removes its files.
    package func remove() async { await self.process.remove() }

    /// What it printed last.
    package var log: String { get async { await self.process.log } }

    private static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }()

    // MARK: Accounts

    /// One of alice, bob, jetbot and root, or one that was made by ``register(_:isAdministrator:)``.
    package func account(_ name: String) throws -> MatrixAccount {
        guard let account = self.state.withLock({ $0.accounts[name] }) else {
            throw MatrixTestFailure("nobody made an account \(name)")
        }
        return account
    }

    /// Makes an account whose name begins with `name` and that no other test has.
    package func newAccount(_ name: String) async throws -> MatrixAccount {
        let number = self.state.withLock { state in
            state.lastAccount += 1
            return state.lastAccount
        }
        return try await self.register("\(name)-\(number)")
    }

    /// Makes an account.
    @discardableResult
    package func register(_ name: String, isAdministrator: Bool = false) async throws -> MatrixAccount {
        let api = self.api(nil)
        let path = ["_synapse", "admin", "v1", "register"]
        let nonce = try await api.call(.get, path)["nonce"]?.stringValue ?? ""
        let password = "pw-\(name)"
        let signed = [nonce, name, password, isAdministrator ? "admin" : "notadmin"].joined(separator: "\0")
        let code = hmacSHA1(Array(signed.utf8), key: Array(SynapseConfiguration.secret.utf8))
        let answer = try await api.call(
            .post, path,
            body: [
                "nonce": .string(nonce), "username": .string(name), "password": .string(password),
                "admin": .bool(isAdministrator), "mac": .string(hex(code)),
            ])
        let account = MatrixAccount(
            name: name, userID: answer["user_id"]?.stringValue ?? "", password: password,
            token: answer["access_token"]?.stringValue ?? "", deviceID: answer["device_id"]?.stringValue ?? "")
        self.state.withLock { $0.accounts[name] = account }
        return account
    }

    /// Frees an account of the limit for messages, as an administrator does for a bot.
    package func liftMessageLimit(of account: MatrixAccount) async throws {
        _ = try await self.api(try self.account("root")).post(
            "_synapse", "admin", "v1", "users", account.userID, "override_ratelimit",
            body: ["messages_per_second": 0, "burst_count": 0])
    }

    /// Signs all of an account's devices out, as a changed password does.
    package func signOutEverywhere(_ account: MatrixAccount) async throws {
        _ = try await self.api(account).post("_matrix", "client", "v3", "logout", "all")
    }

    /// Somebody who uses an account; `url`: by a proxy.
    package func person(_ account: MatrixAccount, by url: HTTPURL? = nil) async throws -> MatrixPerson {
        let api = MatrixAPI(base: url ?? self.url, token: account.token, client: self.client)
        return try await MatrixPerson(account, api: api)
    }

    private func api(_ account: MatrixAccount?) -> MatrixAPI {
        MatrixAPI(base: self.url, token: account?.token, client: self.client)
    }
}

/// Those that all tests use.
private actor SharedSynapses {
    private static let actor = SharedSynapses()
    private var started: [Synapse.Limits: Task<Synapse, any Error>] = [:]

    static func one(_ limits: Synapse.Limits) async throws -> Synapse { try await self.actor.one(limits) }

    private func one(_ limits: Synapse.Limits) async throws -> Synapse {
        // Unstructured: whoever asks first must not end it for the others.
        let start = self.started[limits] ?? Task { try await Synapse(limits: limits) }
        self.started[limits] = start
        return try await start.value
    }
}
