package import Chat

extension RoomTraits {
    /// The traits for composing the lines of an answer, with a larger limit where several lines are one post.
    var ofLines: RoomTraits {
        var traits = self
        if let joined = self.joined, !self.isMultiline { traits.textLimit = joined.size }
        return traits
    }

    /// How many lines a post has where several may be one; nil elsewhere.
    package func lines(of post: String) -> Int? {
        self.joined == nil || self.isMultiline ? nil : post.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// The posts that the lines of an answer are: each line, or as many consecutive ones as the room takes at once.
    package func posts(of lines: [String]) -> [String] {
        guard let joined = self.joined, !self.isMultiline else { return lines }
        var posts: [String] = []
        var (count, size) = (0, 0)
        for line in lines {
            let length = TextMeasure.size(of: Array(line.utf8)[...], unit: self.textUnit) + 1
            if posts.isEmpty || count >= joined.lines || size + length > joined.size {
                posts.append(line)
                (count, size) = (1, length)
            } else {
                posts[posts.count - 1] += "\n" + line
                (count, size) = (count + 1, size + length)
            }
        }
        return posts
    }
}
