internal import Crypto
package import Primitives

/// What all hosts of a cluster share: it names the cluster at its database and proves that a message is a host's.
package struct ClusterKey: Sendable {
    /// Ten letters and digits; tells nothing of the key.
    package let name: String
    private let signing: [UInt8]

    /// - Parameter secret: The contents of `cluster.key`.
    package init(_ secret: Secret) {
        let key = Array(secret.reveal().utf8)
        self.name = String(hex(hmacSHA256(Array("jetbridge cluster name".utf8), key: key)).prefix(10))
        self.signing = hmacSHA256(Array("jetbridge bus".utf8), key: key)
    }

    /// Of a message for `channel`, so that it is not valid on another one.
    func signature(of body: [UInt8], for channel: String) -> [UInt8] {
        hmacSHA256(Array("\(channel)\n".utf8) + body, key: self.signing)
    }
}
