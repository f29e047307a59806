/// The text that both sides compare ("short authentication string").
package struct MatrixShortString: Sendable, Equatable {
    package struct Emoji: Sendable, Equatable {
        package let symbol: String
        /// The English name of the specification.
        package let name: String
    }

    /// Seven; empty if the other side cannot show them.
    package let emoji: [Emoji]
    /// Three numbers of four digits.
    package let decimals: [Int]

    /// - Parameters:
    ///   - bytes: six bytes, of which the decimals take five ("SAS method: decimal").
    ///   - hasEmoji: whether both sides show emoji.
    init(_ bytes: [UInt8], hasEmoji: Bool = true) {
        let b = bytes.map { Int($0) }
        self.decimals = [
            (b[0] << 5 | b[1] >> 3) + 1_000, ((b[1] & 7) << 10 | b[2] << 2 | b[3] >> 6) + 1_000,
            ((b[3] & 63) << 7 | b[4] >> 1) + 1_000,
        ]
        let number = b.prefix(6).reduce(0) { $0 << 8 | $1 }
        self.emoji = hasEmoji ? (0..<7).map { Self.table[number >> (42 - 6 * $0) & 63] } : []
    }

    /// The table of "SAS method: emoji".
    private static let table: [Emoji] = [
        ("🐶", "Dog"), ("🐱", "Cat"), ("🦁", "Lion"), ("🐎", "Horse"), ("🦄", "Unicorn"), ("🐷", "Pig"),
        ("🐘", "Elephant"), ("🐰", "Rabbit"), ("🐼", "Panda"), ("🐓", "Rooster"), ("🐧", "Penguin"),
        ("🐢", "Turtle"), ("🐟", "Fish"), ("🐙", "Octopus"), ("🦋", "Butterfly"), ("🌷", "Flower"), ("🌳", "Tree"),
        ("🌵", "Cactus"), ("🍄", "Mushroom"), ("🌏", "Globe"), ("🌙", "Moon"), ("☁️", "Cloud"), ("🔥", "Fire"),
        ("🍌", "Banana"), ("🍎", "Apple"), ("🍓", "Strawberry"), ("🌽", "Corn"), ("🍕", "Pizza"), ("🎂", "Cake"),
        ("❤️", "Heart"), ("😀", "Smiley"), ("🤖", "Robot"), ("🎩", "Hat"), ("👓", "Glasses"), ("🔧", "Spanner"),
        ("🎅", "Santa"), ("👍", "Thumbs Up"), ("☂️", "Umbrella"), ("⌛", "Hourglass"), ("⏰", "Clock"),
        ("🎁", "Gift"), ("💡", "Light Bulb"), ("📕", "Book"), ("✏️", "Pencil"), ("📎", "Paperclip"),
        ("✂️", "Scissors"), ("🔒", "Lock"), ("🔑", "Key"), ("🔨", "Hammer"), ("☎️", "Telephone"), ("🏁", "Flag"),
        ("🚂", "Train"), ("🚲", "Bicycle"), ("✈️", "Aeroplane"), ("🚀", "Rocket"), ("🏆", "Trophy"),
        ("⚽", "Ball"), ("🎸", "Guitar"), ("🎺", "Trumpet"), ("🔔", "Bell"), ("⚓", "Anchor"), ("🎧", "Headphones"),
        ("📁", "Folder"), ("📌", "Pin"),
    ].map { Emoji(symbol: $0.0, name: $0.1) }
}
