/// Reads YAML: one document, no aliases, no tags.
///
/// Aliases and tags are excluded for safety (an alias can expand a kilobyte into gigabytes) and for clarity: a
/// configuration spells out each value in its place.
package enum YAML {
    package struct Limits: Sendable {
        /// The size of the whole text.
        package var bytes: Int
        /// How deep sequences and mappings may be nested.
        package var depth: Int

        package init(bytes: Int = 1 << 20, depth: Int = 64) {
            self.bytes = bytes
            self.depth = depth
        }
    }

    /// Reads a UTF-8 text. A text without any value is a null node.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(
                code: .tooLarge, message: "the text has \(bytes.count) bytes; the limit is \(limits.bytes)",
                line: 1, column: 1)
        }
        // libyaml keeps a pointer to the text, so all reading happens inside this closure.
        var result: Result<YAMLNode, YAMLError>?
        unsafe bytes.withUnsafeBufferPointer { buffer in
            do throws(YAMLError) {
                var composer = YAMLComposer(events: try unsafe EventReader(buffer), limits: limits)
                result = .success(try composer.document())
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { preconditionFailure("withUnsafeBufferPointer calls its closure") }
        return try result.get()
    }
}
