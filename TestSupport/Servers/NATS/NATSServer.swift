internal import Processes

/// A private `nats-server` on loopback. Its store is a temporary folder and outlives the process.
package final class NATSServer: Sendable {
    package enum Access: Sendable {
        case open
        case token(String)
        case user(String, password: String)
        /// By its public key.
        case nkey(String)
    }

    package let port: Int
    /// Trusts the server's certificate, if it has TLS.
    package let caFile: String?
    private let program: ServerProgram
    private let directory: TemporaryDirectory

    /// Starts one.
    ///
    /// - Parameter payloadLimit: Its `max_payload`; a megabyte by default.
    package init(
        hasJetStream: Bool = true, access: Access = .open, hasTLS: Bool = false, payloadLimit: Int? = nil
    ) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        self.port = try FreePorts.take()
        var lines = ["host: 127.0.0.1", "port: \(self.port)"]
        if hasJetStream { lines.append("jetstream { store_dir: \"\(directory.path)/store\" }") }
        if let payloadLimit { lines.append("max_payload: \(payloadLimit)") }
        switch access {
        case .open: break
        case .token(let token): lines.append("authorization { token: \"\(token)\" }")
        case .user(let name, let password):
            lines.append("authorization { user: \"\(name)\", password: \"\(password)\" }")
        case .nkey(let key): lines.append("authorization { users: [ { nkey: \(key) } ] }")
        }
        if hasTLS {
            let certificate = try await TestCertificate.make(in: directory.path)
            lines.append("tls { cert_file: \"\(certificate.certificate)\", key_file: \"\(certificate.key)\" }")
            self.caFile = certificate.certificate
        } else {
            self.caFile = nil
        }
        let path = "\(directory.path)/nats.conf"
        try TestFile.write(lines.joined(separator: "\n") + "\n", to: path)
        self.program = ServerProgram(
            Process.find("nats-server") ?? "/usr/sbin/nats-server", ["-c", path], directory: directory.path,
            ports: [self.port])
        try await self.program.start()
    }

    package var url: String { "\(self.caFile == nil ? "nats" : "tls")://localhost:\(self.port)" }

    /// `kill -9`.
    package func kill() async { await self.program.end(9) }

    /// Starts it again after ``kill()``.
    ///
    /// - Parameter isEmpty: Whether what JetStream had stored is lost.
    package func restart(isEmpty: Bool = false) async throws {
        if isEmpty {
            _ = try await Process.run(
                ProcessPlan("/bin/rm", ["-rf", "\(self.directory.path)/store"], environment: [:]))
        }
        try await self.program.start()
    }

    package func stop() async { await self.program.stop() }
}
