/** Short names of emoji, as chats have come to call them; only such that take one code point. */
const TABLE = `
smile 😄 grin 😁 joy 😂 rofl 🤣 wink 😉 blush 😊 heart_eyes 😍 kiss 😘 yum 😋 sunglasses 😎
thinking 🤔 neutral 😐 expressionless 😑 smirk 😏 unamused 😒 roll_eyes 🙄 grimace 😬 relieved 😌
sleepy 😪 sleeping 😴 mask 😷 nerd 🤓 confused 😕 worried 😟 open_mouth 😮 astonished 😲
flushed 😳 fearful 😨 cry 😢 sob 😭 scream 😱 tired 😫 angry 😠 rage 😡 imp 👿 skull 💀 poop 💩
ghost 👻 alien 👽 robot 🤖 cat 🐱 dog 🐶 fox 🦊 bear 🐻 panda 🐼 frog 🐸 monkey 🐵 see_no_evil 🙈
hear_no_evil 🙉 speak_no_evil 🙊 penguin 🐧 bird 🐦 bug 🐛 bee 🐝 turtle 🐢 snake 🐍 octopus 🐙
crab 🦀 whale 🐳 dolphin 🐬 fish 🐟 unicorn 🦄 wave 👋 ok_hand 👌 thumbsup 👍 +1 👍 thumbsdown 👎
-1 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 pray 🙏 handshake 🤝 muscle 💪 point_up 👆
point_down 👇 point_left 👈 point_right 👉 raised_hand ✋ eyes 👀 ear 👂 nose 👃 brain 🧠 heart 💖
broken_heart 💔 two_hearts 💕 blue_heart 💙 green_heart 💚 yellow_heart 💛 purple_heart 💜 star ⭐
star2 🌟 sparkles ✨ fire 🔥 boom 💥 zap ⚡ ski 🎿 rainbow 🌈 sun 🌞 moon 🌙 foggy 🌁 umbrella ☔
ocean 🌊 earth 🌍 rose 🌹 tulip 🌷 sunflower 🌻 four_leaf_clover 🍀 tree 🌳 apple 🍎 banana 🍌
grapes 🍇 lemon 🍋 strawberry 🍓 pizza 🍕 burger 🍔 fries 🍟 taco 🌮 sushi 🍣 cake 🍰 birthday 🎂
cookie 🍪 chocolate 🍫 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine 🍷 cocktail 🍸 tada 🎉 confetti 🎊
balloon 🎈 gift 🎁 trophy 🏆 medal 🏅 dart 🎯 game 🎮 die 🎲 guitar 🎸 music 🎵 headphones 🎧
art 🎨 movie 🎬 camera 📷 tv 📺 phone 📱 laptop 💻 computer 💻 battery 🔋 plug 🔌 bulb 💡
flashlight 🔦 wrench 🔧 hammer 🔨 nut_and_bolt 🔩 link 🔗 lock 🔒 unlock 🔓 key 🔑 mag 🔍 bell 🔔
no_bell 🔕 mega 📣 mail 📧 inbox 📥 outbox 📤 package 📦 memo 📝 pencil 📝 book 📖 books 📚
chart 📈 chart_down 📉 calendar 📅 clipboard 📋 pushpin 📌 paperclip 📎 knife 🔪 litter 🚮
hourglass ⏳ alarm ⏰ watch ⌚ rocket 🚀 departure 🛫 car 🚗 bus 🚌 train 🚆 bike 🚲 ship 🚢 anchor ⚓
construction 🚧 house 🏠 office 🏢 hospital 🏥 satellite 📡 check ✅ x ❌ question ❓ exclamation ❗
rotating_light 🚨 no_entry ⛔ recycle 🔃 100 💯 zzz 💤 sos 🆘 new 🆕 ok 🆗 cool 🆒 free 🆓 up 🆙
red_circle 🔴 blue_circle 🔵 green_circle 🟢 yellow_circle 🟡 checkered_flag 🏁 shrug 🤷
facepalm 🤦 dance 💃 run 🏃 walk 🚶 ninja 🥷 santa 🎅 crown 👑 gem 💎 money 💰
`;

/** Name without colons to emoji, in an order in which the usual ones come first. */
export const EMOJI: ReadonlyMap<string, string> = new Map(
  Array.from(TABLE.matchAll(/(\S+)\s+(\S+)/g), ([, name = '', emoji = '']) => [name, emoji]),
);
