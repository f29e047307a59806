/// How a raw connection is protected. The server is always verified.
package struct TLSSettings: Sendable, Hashable {
    /// PEM file of the authorities that are trusted instead of the system's.
    package var caFile: String?
    /// PEM file of the own certificate, for servers that ask for one.
    package var clientCertificate: String?
    /// PEM file of its key; `nil` means that the certificate's file holds it.
    package var clientKey: String?

    package init(caFile: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil) {
        self.caFile = caFile
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
    }
}
