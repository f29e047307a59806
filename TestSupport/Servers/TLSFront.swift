internal import Glibc
internal import Processes

/// nginx with TLS in front of an HTTP server on loopback, at 127.0.0.1 and 127.0.0.2.
package struct TLSFront: Sendable {
    package let port: Int
    private let program: ServerProgram

    /// - Parameters:
    ///   - directory: For its files.
    ///   - upstream: The server's `ADDRESS:PORT`.
    package static func started(
        in directory: String, _ certificate: TestCertificate, before upstream: String
    ) async throws -> TLSFront {
        let port = try FreePorts.take()
        let path = "\(directory)/nginx.conf"
        try TestFile.write(
            """
            user root; daemon off; master_process off; pid \(directory)/nginx.pid; error_log stderr;
            events {}
            http {
              access_log off; client_max_body_size 0; proxy_request_buffering off;
              client_body_temp_path \(directory)/a; proxy_temp_path \(directory)/b; fastcgi_temp_path \(directory)/c;
              uwsgi_temp_path \(directory)/d; scgi_temp_path \(directory)/e;
              map $http_upgrade $wanted_connection { default upgrade; '' ''; }
              server {
                listen 127.0.0.1:\(port) ssl; listen 127.0.0.2:\(port) ssl;
                ssl_certificate \(certificate.certificate); ssl_certificate_key \(certificate.key);
                location / {
                  proxy_pass http://\(upstream); proxy_http_version 1.1;
                  proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection $wanted_connection;
                }
              }
            }
            """, to: path)
        let program = ServerProgram(
            Process.find("nginx") ?? "/usr/sbin/nginx", ["-c", path, "-p", directory, "-e", "stderr"],
            directory: directory, ports: [port])
        try await program.start()
        return TLSFront(port: port, program: program)
    }

    package func stop() async { await self.program.end(SIGKILL) }
}
