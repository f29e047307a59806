package import Primitives

/// Where a PostgreSQL database is, and how it is used.
package struct PostgreSQLSettings: Sendable, Equatable {
    /// `postgres://PERSON@HOST:PORT/NAME?…`, as libpq reads it; several hosts may be named. Without a password.
    package let url: String
    package let password: Secret?
    /// The file of the certificate authorities that the server's certificate is checked with; nil for what the URL says.
    package let authorities: String?
    /// The number of writing connections. What is written with the same key is written on the same one, in order.
    package let writers: Int
    /// How sessions are called on the server.
    package var application = "jetbridge"
    /// How long an answer to a statement, or a connection, may take before the connection is closed.
    package private(set) var patience: Duration
    /// How long a write waits for the outcome of its commit after the connection was lost in it; nil for until it is known.
    /// Only for writes that may be repeated whatever has become of them.
    package var resolution: Duration?
    /// Whether a pooler may give each transaction another session: where nothing depends on what a session keeps, such as
    /// its locks.
    package var sharesSessions = false

    package init(
        url: String, password: Secret? = nil, authorities: String? = nil, writers: Int = 16,
        patience: Duration = .milliseconds(2_500), resolution: Duration? = nil
    ) {
        self.url = url
        self.password = password
        self.authorities = authorities
        self.writers = writers
        self.patience = patience
        self.resolution = resolution
    }

    /// The same for reading: a search may take longer, and no lease depends on it.
    var reading: PostgreSQLSettings {
        var settings = self
        settings.patience *= 4
        return settings
    }

    /// The same, with another name of the sessions.
    package func named(_ application: String) -> PostgreSQLSettings {
        var settings = self
        settings.application = application
        return settings
    }

    /// libpq's parameters, of which later ones replace earlier ones.
    var parameters: [(key: String, value: String)] {
        var parameters = [
            ("application_name", self.application), ("target_session_attrs", "read-write"), ("connect_timeout", "2"),
            // The last word on the certificate is the URL's.
            ("sslmode", self.authorities == nil ? "prefer" : "verify-full"), ("dbname", self.url),
            ("client_encoding", "UTF8"),
        ]
        if let password = self.password { parameters.append(("password", password.reveal())) }
        if let authorities = self.authorities { parameters.append(("sslrootcert", authorities)) }
        return parameters.map { (key: $0.0, value: $0.1) }
    }

    /// The URL without what may be secret, for messages.
    package var name: String {
        let words = self.url.prefix { $0 != "?" }
        guard let at = words.lastIndex(of: "@"), let start = words.firstRange(of: "://")?.upperBound, start <= at
        else { return String(words) }
        return String(words[..<start] + words[start..<at].prefix { $0 != ":" } + words[at...])
    }
}
