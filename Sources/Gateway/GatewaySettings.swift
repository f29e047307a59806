package import Chat
package import Documents
package import EventLoop
package import Push
package import SignIn
package import Tasks

package struct GatewaySettings: Sendable {
    /// A numeric address.
    package var address: String
    /// 0 picks a free one.
    package var port: UInt16
    /// The base of links, without a trailing slash. Pages of its origin may sign in and change data.
    package var publicURL: String
    /// The maximum burst of requests from one credential.
    package var requestBurst = 5000
    /// The sustained requests per second of one credential.
    package var requestsPerSecond = 500
    /// Bytes that the requests of one credential may take, with the answers that it has not read.
    var requestMemory = 2 * APIRoute.anyMemory
    /// The event streams that one credential may have open, those of its live sockets included.
    var eventStreams = 1_000
    /// Between two frames that say who else has a conversation open.
    var presencePause: Duration = .seconds(1)
    /// How long a browser stays signed in, in milliseconds.
    package var cookieLifetime: Int64 = 90 * 24 * 3_600_000
    /// Whose pages may call the API with a token, such as `https://board.example.org`.
    package var corsOrigins: [String] = []
    /// How people sign in besides codes.
    package var signIn: [any SignInProvider] = []
    /// Keeps the tokens of people who sign in with GitHub.
    package var signInTokens: (any SignInTokens)?
    /// Sign-ins at the servers of extensions; nil in a host without any.
    package var extensionSignIns: ExtensionSignIns?
    /// The documents of repositories; nil in a host without repositories.
    package var documents: DocumentDesk?
    /// The tasks of repositories; nil without any.
    package var tasks: TaskDesk?
    /// Those that people have open; nil in a host without.
    package var openDocuments: OpenDocuments?
    /// The version in the OpenAPI document.
    package var version = "0"
    /// Writes a session into the archive, before it becomes archived; nil if there is none. Errors are for people.
    package var archive: (@Sendable (_ session: String) async throws -> Void)?
    /// What `GET /api/v1/hosts` lists.
    package var hosts: @Sendable () async throws -> [API.Host] = { [] }
    /// Addresses that hear of changes.
    package var webhooks: [Webhook] = []
    /// The addresses of the hosts of a cluster, to which no webhook goes.
    package var hostAddresses: @Sendable () async throws -> Set<IPAddress> = { [] }
    /// The key for push services.
    package var pushKey = PushKey()
    /// Whether push services may be on this machine, also without TLS; for tests.
    var pushAllowsLoopback = false
    /// Reads the steps of a turn after a position of its record.
    package var steps: @Sendable (_ turn: String, _ position: Int) async throws -> TurnStepPage = { _, position in
        TurnStepPage(position: position)
    }

    package init(address: String = "127.0.0.1", port: UInt16 = 8787, publicURL: String = "http://127.0.0.1:8787") {
        self.address = address
        self.port = port
        self.publicURL = publicURL
    }

    var isSecure: Bool { self.publicURL.lowercased().hasPrefix("https://") }
}
