internal import Olm

/// A reading session with what is known about its origin.
struct MatrixReadingKey {
    let facts: MatrixRoomKey
    let session: MegolmInboundSession
}
