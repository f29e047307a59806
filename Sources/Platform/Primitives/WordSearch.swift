/// Looks for a word in texts. It reads each byte of a text once, whatever the two are (Knuth, Morris and Pratt):
/// `firstRange(of:)` compares the whole word at each place of a text that almost has it.
package struct WordSearch {
    private let word: [UInt8]
    /// For each beginning of the word, the length of the longest shorter one that it ends with.
    private let borders: [Int]

    package init(_ word: String) {
        let word = Array(word.utf8)
        var borders = Array(repeating: 0, count: word.count)
        var length = 0
        for index in word.indices.dropFirst() {
            while length > 0, word[index] != word[length] { length = borders[length - 1] }
            if word[index] == word[length] { length += 1 }
            borders[index] = length
        }
        self.word = word
        self.borders = borders
    }

    /// Where the word begins for the first time, in bytes; nil if the text lacks it, and for an empty word.
    package func firstPlace(in text: some Sequence<UInt8>) -> Int? {
        guard !self.word.isEmpty else { return nil }
        var matched = 0
        for (index, byte) in text.enumerated() {
            while matched > 0, byte != self.word[matched] { matched = self.borders[matched - 1] }
            if byte == self.word[matched] { matched += 1 }
            if matched == self.word.count { return index + 1 - matched }
        }
        return nil
    }
}
