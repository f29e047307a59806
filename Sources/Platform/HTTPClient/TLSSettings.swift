/// TLS options of a raw connection. The server is always verified.
package struct TLSSettings: Sendable, Hashable {
    /// PEM file of certificate authorities; replaces the system's.
    package var caFile: String?
    /// PEM file of the client certificate, for servers that request one.
    package var clientCertificate: String?
    /// PEM file of its key; `nil` means that the certificate's file contains it.
    package var clientKey: String?

    package init(caFile: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil) {
        self.caFile = caFile
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
    }
}
