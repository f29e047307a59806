internal import Crypto

/// Generated ids: a letter for the kind and 80 random bits, safe in URLs, file names and IRC labels.
package enum Identifier {
    package static func make(_ kind: String) -> String {
        kind + "_" + Crypto.hex(Crypto.randomBytes(10))
    }
}
