internal import Crypto
internal import JSON

/// The address and key of an encrypted file.
///
/// https://spec.matrix.org/v1.16/client-server-api/#sending-encrypted-attachments
package struct MatrixEncryptedFile: Sendable, Equatable {
    /// `mxc://…`; empty before the upload.
    package let url: String
    private let key: [UInt8]
    private let iv: [UInt8]
    /// Of the ciphertext.
    private let digest: [UInt8]

    /// Reads the `file` of a message; nil when it is not complete.
    init?(_ json: JSON) {
        guard let url = json["url"]?.stringValue, json["v"] == "v2" || json["v"] == "v1" || json["v"] == nil,
            let key = json["key"]?["k"]?.stringValue.flatMap(Self.decoded), key.count == 32,
            json["key"]?["alg"] == "A256CTR",
            let iv = json["iv"]?.stringValue.flatMap(Self.decoded), iv.count == 16,
            let digest = json["hashes"]?["sha256"]?.stringValue.flatMap(Self.decoded), digest.count == 32
        else { return nil }
        self.init(url: url, key: key, iv: iv, digest: digest)
    }

    fileprivate init(url: String, key: [UInt8], iv: [UInt8], digest: [UInt8]) {
        self.url = url
        self.key = key
        self.iv = iv
        self.digest = digest
    }

    /// Standard or URL-safe base64.
    private static func decoded(_ text: String) -> [UInt8]? {
        decodeUnpaddedBase64(text.replacing("-", with: "+").replacing("_", with: "/"))
    }

    // MARK: As an attachment's id

    /// The id by which the core asks for the file, perhaps after a restart.
    package var attachmentID: String {
        "\(self.url)#\(base64URL(self.key)).\(base64URL(self.iv)).\(base64URL(self.digest))"
    }

    /// Nil when `id` is not that of an encrypted file.
    package init?(attachmentID id: String) {
        let parts = id.split(separator: "#", maxSplits: 1)
        guard parts.count == 2, let url = parts.first, let rest = parts.last else { return nil }
        let fields = rest.split(separator: ".").compactMap { Self.decoded(String($0)) }
        guard fields.count == 3, fields[0].count == 32, fields[1].count == 16, fields[2].count == 32 else { return nil }
        self.init(url: String(url), key: fields[0], iv: fields[1], digest: fields[2])
    }

    // MARK: Contents

    /// Decrypts its ciphertext.
    func opening() -> MatrixFileOpening { MatrixFileOpening(key: self.key, iv: self.iv, digest: self.digest) }

    /// The `file` of a message.
    func json(at address: String) -> JSON {
        [
            "v": "v2", "url": .string(address),
            "key": [
                "kty": "oct", "alg": "A256CTR", "ext": true, "key_ops": ["encrypt", "decrypt"],
                "k": .string(base64URL(self.key)),
            ],
            "iv": .string(base64Unpadded(self.iv)), "hashes": ["sha256": .string(base64Unpadded(self.digest))],
        ]
    }
}

/// Encrypts a file with a key of its own while it is sent: the ciphertext is never whole in memory.
package actor MatrixFileSealing {
    /// In bytes.
    package static let pieceSize = 256 << 10

    private let bytes: [UInt8]
    private let secret = randomBytes(32)
    /// The second half counts blocks.
    private let iv = randomBytes(8) + [UInt8](repeating: 0, count: 8)
    private var digest: [UInt8]?

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What opens the file; nil until all of it was encrypted.
    package var key: MatrixEncryptedFile? {
        self.digest.map { MatrixEncryptedFile(url: "", key: self.secret, iv: self.iv, digest: $0) }
    }

    /// Passes the ciphertext on in pieces; called again, the same ones.
    package func seal(to sink: MatrixPieceSink) async throws {
        var cipher = AES256CTR(key: self.secret, iv: self.iv)
        let computed = SHA256()
        for start in stride(from: 0, to: self.bytes.count, by: Self.pieceSize) {
            let end = min(start + Self.pieceSize, self.bytes.count)
            let piece = cipher.apply(Array(self.bytes[start..<end]))
            computed.update(piece)
            try await sink(piece)
        }
        self.digest = computed.finish()
    }
}

/// Decrypts a file whose ciphertext comes in pieces.
actor MatrixFileOpening {
    private var cipher: AES256CTR
    private let computed = SHA256()
    private let digest: [UInt8]

    /// - Parameter digest: of the ciphertext, as it was announced.
    init(key: [UInt8], iv: [UInt8], digest: [UInt8]) {
        self.cipher = AES256CTR(key: key, iv: iv)
        self.digest = digest
    }

    /// The next piece in clear text.
    func open(_ piece: [UInt8]) -> [UInt8] {
        self.computed.update(piece)
        return self.cipher.apply(piece)
    }

    /// Whether the pieces were the ciphertext that was announced. Call it once, after the last one.
    func isIntact() -> Bool { constantTimeEqual(self.computed.finish(), self.digest) }
}
