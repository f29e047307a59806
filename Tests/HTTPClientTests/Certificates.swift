import Glibc
import Processes
import TestSupport
import Testing

/// Authorities and certificates created by `openssl` for a test run, in a temporary directory.
final class Certificates: Sendable {
    private let folder: TemporaryDirectory

    var directory: String { self.folder.path }
    var authority: String { self.path("ca.pem") }
    var otherAuthority: String { self.path("other.pem") }

    init() async throws {
        self.folder = try TemporaryDirectory()
        try await self.authority("ca")
        try await self.authority("other")
        try self.write(
            "ca.cnf",
            """
            [ca]
            default_ca = d
            [d]
            database = \(self.path("index.txt"))
            serial = \(self.path("serial"))
            new_certs_dir = \(self.directory)
            default_md = sha256
            policy = p
            copy_extensions = copy
            unique_subject = no
            [p]
            commonName = supplied

            """)
        try self.write("index.txt", "")
        try self.write("serial", "01\n")
        try await self.certificate("server")
        try await self.certificate("client", names: "DNS:client")
        try await self.certificate("wronghost", names: "DNS:example.org")
        try await self.certificate("expired", from: "20200101000000Z", to: "20210101000000Z")
        try await self.certificate("future", from: "20450101000000Z", to: "20460101000000Z")
    }

    func path(_ name: String) -> String { "\(self.directory)/\(name)" }
    func certificate(_ name: String) -> String { self.path("\(name).pem") }
    func key(_ name: String) -> String { self.path("\(name).key") }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen(self.path(name), "w"))
        fputs(text, file)
        fclose(file)
    }

    private func authority(_ name: String) async throws {
        try await Self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=\(name)", "-keyout", self.key(name), "-out", self.certificate(name))
    }

    private func certificate(
        _ name: String, names: String = "DNS:localhost,DNS:resolved.localhost,IP:127.0.0.1",
        from: String = "20200101000000Z",
        to: String = "20990101000000Z"
    ) async throws {
        try await Self.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=\(names)", "-keyout", self.key(name), "-out", self.path("\(name).csr"))
        try await Self.openssl(
            "ca", "-batch", "-config", self.path("ca.cnf"), "-in", self.path("\(name).csr"), "-cert",
            self.certificate("ca"), "-keyfile", self.key("ca"), "-out", self.certificate(name), "-startdate", from,
            "-enddate", to, "-notext")
    }

    private static func openssl(_ arguments: String...) async throws {
        let result = try await Process.run(
            ProcessPlan(#require(Process.find("openssl")), arguments, environment: ["PATH": "/usr/bin:/bin"]))
        try #require(result.status.isSuccess, "openssl \(arguments[0]): \(result.errorText)")
    }
}
