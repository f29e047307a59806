internal import Crypto
internal import JSON

/// A message of a host: `SIGNATURE`, a line feed, and JSON with the version and the sender.
///
/// Everybody who can connect to the database can send to a channel, so nothing counts without the cluster's signature.
/// Everybody there can also read: it tells only that something is new.
struct BusEnvelope: Sendable, Equatable {
    /// Why a message is dropped.
    enum Refusal: Error, Equatable {
        case tooLarge
        /// Not signed with the cluster's key for this channel.
        case forged
        /// Of a newer version.
        case unsupported
        case unreadable
    }

    static let version = 1
    static let sizeLimit = 4 << 10
    private static let signatureLength = 43  // 32 bytes in base64url

    let host: String

    init(host: String) { self.host = host }

    func sealed(with key: ClusterKey, for channel: String) -> [UInt8] {
        let body = JSON.object(["v": JSON(Self.version), "host": .string(self.host)]).bytes
        return Array("\(base64URL(key.signature(of: body, for: channel)))\n".utf8) + body
    }

    init(opening bytes: [UInt8], with key: ClusterKey, from channel: String) throws(Refusal) {
        guard bytes.count <= Self.sizeLimit else { throw .tooLarge }
        guard bytes.count > Self.signatureLength, bytes[Self.signatureLength] == UInt8(ascii: "\n") else {
            throw .forged
        }
        let body = Array(bytes[(Self.signatureLength + 1)...])
        let signature = Array(base64URL(key.signature(of: body, for: channel)).utf8)
        guard constantTimeEqual(Array(bytes[..<Self.signatureLength]), signature) else { throw .forged }
        guard let json = try? JSON.parse(body, depthLimit: 16), let version = json["v"]?.intValue else {
            throw .unreadable
        }
        guard version == Self.version else { throw .unsupported }
        guard let host = json["host"]?.stringValue else { throw .unreadable }
        self.init(host: host)
    }
}
