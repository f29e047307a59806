internal import Crypto

/// The configuration of a test's Synapse.
struct SynapseConfiguration {
    static let secret = "fake-shared-secret"
    static let serverName = "localhost"

    let directory: String
    let port: Int
    let limits: Synapse.Limits

    /// Writes everything Synapse needs to start. The key is generated here, because generating it with Synapse would
    /// take an extra start.
    func write() throws {
        try TestFile.write(self.text, to: self.path)
        try TestFile.write(Self.log, to: self.directory + "/log.yaml")
        let seed = base64(randomBytes(32)).prefix { $0 != "=" }
        try TestFile.write("ed25519 a_test \(seed)\n", to: self.directory + "/signing.key")
    }

    var path: String { self.directory + "/homeserver.yaml" }

    private var text: String {
        """
        server_name: "\(Self.serverName)"
        pid_file: "\(self.directory)/homeserver.pid"
        public_baseurl: "http://127.0.0.1:\(self.port)/"
        listeners:
          - port: \(self.port)
            bind_addresses: ["127.0.0.1"]
            type: http
            resources: [{names: [client, media], compress: false}]
        database: {name: sqlite3, args: {database: "\(self.directory)/homeserver.db"}}
        log_config: "\(self.directory)/log.yaml"
        media_store_path: "\(self.directory)/media"
        signing_key_path: "\(self.directory)/signing.key"
        registration_shared_secret: "\(Self.secret)"
        macaroon_secret_key: "fake-macaroon-secret"
        form_secret: "fake-form-secret"
        enable_registration: false
        report_stats: false
        trusted_key_servers: []
        suppress_key_server_warning: true
        presence: {enabled: false}
        url_preview_enabled: false
        bcrypt_rounds: 4
        max_upload_size: "\(Synapse.uploadLimit)"
        \(self.limitSettings)

        """
    }

    private var limitSettings: String {
        switch self.limits {
        case .off: Self.joinsFree + "\nrc_message: \(Self.free)"
        case .synapseDefaults: Self.sharedAddressLimits
        case .messages(let rate, let burst):
            Self.joinsFree + "\nrc_message: {per_second: \(rate), burst_count: \(burst)}"
        }
    }

    private static let free = "{per_second: 10000, burst_count: 10000}"

    /// All tests come from one address and create rooms all the time; messages and joins keep the default limits.
    private static let sharedAddressLimits = """
        rc_registration: \(Self.free)
        rc_login: {address: \(Self.free), account: \(Self.free), failed_attempts: \(Self.free)}
        rc_invites: {per_room: \(Self.free), per_user: \(Self.free), per_issuer: \(Self.free)}
        rc_room_creation: \(Self.free)
        """

    private static let joinsFree =
        Self.sharedAddressLimits + """

            rc_admin_redaction: \(Self.free)
            rc_joins: {local: \(Self.free), remote: \(Self.free)}
            rc_joins_per_room: \(Self.free)
            rc_media_create: \(Self.free)
            """

    private static let log = """
        version: 1
        formatters: {plain: {format: "%(levelname)s %(name)s %(message)s"}}
        handlers: {out: {class: logging.StreamHandler, formatter: plain, stream: "ext://sys.stdout"}}
        root: {level: WARNING, handlers: [out]}
        disable_existing_loggers: false

        """
}
