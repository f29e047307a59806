/// Reads YAML: one document, no aliases, no tags.
///
/// What is left out is left out for safety (an alias can grow a kilobyte into gigabytes) and clarity: a configuration
/// says each thing where it stands.
package enum YAML {
    /// How much a document may hold.
    package struct Limits: Sendable {
        /// Of the whole text.
        package var bytes: Int
        /// Of sequences and mappings inside each other.
        package var depth: Int

        package init(bytes: Int = 1 << 20, depth: Int = 64) {
            self.bytes = bytes
            self.depth = depth
        }
    }

    /// Reads a UTF-8 text. One without any value is a null node.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(
                code: .tooLarge, message: "the text has \(bytes.count) bytes; at most \(limits.bytes) are taken",
                line: 1, column: 1)
        }
        // libyaml keeps a pointer to the text; the array lives until the composer is done.
        var result: Result<YAMLNode, YAMLError>?
        unsafe bytes.withUnsafeBufferPointer { buffer in
            do throws(YAMLError) {
                var composer = Composer(events: try unsafe EventReader(buffer), limits: limits)
                result = .success(try composer.document())
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { preconditionFailure("withUnsafeBufferPointer calls its closure") }
        return try result.get()
    }
}
