//! What the app says when something went wrong, ready-made, so that every city's app says the same.

use yorisoi_protocol::Words;
use yorisoi_protocol::question::TextError;
use yorisoi_protocol::wire::{ApiErrorCode, EnrollmentRefusal};

use super::{ASKED_TO_WAIT, BUDGET_SPENT, CAUGHT_UP, CUT_SHORT, YorisoiError};
use crate::family::DateError;
use crate::photo::PhotoError;
use crate::store::{KeyTrouble, StoreError};
use crate::transport::TransportError;

pub(super) fn of(error: &YorisoiError) -> Words {
    match error {
        YorisoiError::Card(error) => error.words(),
        YorisoiError::Ticket(error) => error.words(),
        YorisoiError::Phrase(error) => error.words(),
        YorisoiError::Manifest(error) => error.words(),
        YorisoiError::EnrollmentRefused { refusal, ask } => enrollment(*refusal, ask),
        YorisoiError::NotEligible(eligibility) => eligibility.words(),
        YorisoiError::ConsentNeeded(_) => consent_needed(),
        YorisoiError::UnknownProgramme
        | YorisoiError::ManifestMissing
        | YorisoiError::AlreadyEnrolled
        | YorisoiError::NotEnrolled
        | YorisoiError::ClockSuspect => place(error),
        YorisoiError::Photo(error) => photo(error),
        YorisoiError::TooManyPhotos { most } => too_many_photos(*most),
        YorisoiError::Text(error) => text(error),
        YorisoiError::Date(error) => date(error),
        YorisoiError::ServiceNotOffered => {
            Words::new("この相談先は選べません。", "This service is not offered here.")
        }
        YorisoiError::ChoiceUnknown => Words::new(
            "この下書きの相談先や対象は、いまは選べません。選びなおしてください。書いた内容は残っています。",
            "What was chosen in this draft cannot be chosen here. Please choose again; what you wrote is still there.",
        ),
        YorisoiError::SearchTooShort => {
            Words::new("2文字以上で検索してください。", "Please type two characters or more.")
        }
        YorisoiError::SurveyNotOffered => {
            Words::new("アンケートの受付期間ではありません。", "The survey is not open.")
        }
        YorisoiError::SurveyAnswered => {
            Words::new("アンケートにはすでに回答いただいています。", "The survey has been answered already.")
        }
        YorisoiError::Survey(_) => {
            Words::new("回答を読み取れませんでした。", "The answers do not fit the survey.")
        }
        YorisoiError::NotFound => Words::new("見つかりませんでした。", "It was not found."),
        YorisoiError::Setting(_) => {
            Words::new("アプリの設定に誤りがあります。", "The app is not set up correctly.")
        }
        YorisoiError::Key(trouble) => key(*trouble),
        YorisoiError::Store(error) => store(error),
        YorisoiError::Network(error) => network(*error),
        YorisoiError::NotBelieved(_) | YorisoiError::Sync(_) => Words::new(
            "サーバーからの応答を確認できませんでした。書いた内容はこのスマートフォンに残っています。",
            "The server's reply could not be confirmed. What you wrote is kept on this phone.",
        ),
        YorisoiError::ServerRefused { code, .. } => server(*code),
        YorisoiError::RescueRefused(_) => Words::new(
            "以前に書いて送れなかった内容を、サーバーが受け取れませんでした。内容は消していません。",
            "The server could not take in what was not sent before. Nothing was deleted.",
        ),
    }
}

/// What came of an attempt to sync, by the code that was kept of it. An error is said as always; its words that name a date or
/// whom to ask are the caller's to say better.
pub(crate) fn of_attempt(code: &str) -> Words {
    let error = || YorisoiError::catalogue().into_iter().find(|error| error.code() == code);
    match code {
        CAUGHT_UP => {
            Words::new("サーバーと同じ内容になりました。", "This phone and the server hold the same.")
        }
        BUDGET_SPENT | CUT_SHORT => Words::new(
            "途中まで進みました。続きは次の機会に行います。",
            "It came part of the way. The next one goes on from there.",
        ),
        ASKED_TO_WAIT => Words::new(
            "サーバーが混みあっています。書いた内容はこのスマートフォンに残っています。しばらくしてから続けます。",
            "The server is busy. What you wrote is kept on this phone. It goes on after a while.",
        ),
        _ => error().map_or_else(not_carried_through, |error| of(&error)),
    }
}

/// For a code that only a newer library knows.
fn not_carried_through() -> Words {
    Words::new(
        "最後まで進みませんでした。書いた内容はこのスマートフォンに残っています。",
        "It did not come to its end. What you wrote is kept on this phone.",
    )
}

fn text(error: &TextError) -> Words {
    match error {
        TextError::Empty => Words::new("本文を入力してください。", "Please write something."),
        TextError::TooLong { chars } => Words::new(
            format!("4,000文字までです。いまは{chars}文字です。"),
            format!("At most 4,000 characters; there are {chars}."),
        ),
    }
}

fn date(error: &DateError) -> Words {
    match error {
        DateError::InFuture => Words::new(
            "日付をご確認ください。まだ来ていない日です。",
            "Please check the date. It has not come yet.",
        ),
        DateError::TooLongAgo => Words::new(
            "日付をご確認ください。20年以上前の日です。",
            "Please check the date. It lies more than twenty years back.",
        ),
    }
}

/// Each is followed by whom to ask, which the programme says.
fn enrollment(refusal: EnrollmentRefusal, ask: &Words) -> Words {
    let words = match refusal {
        EnrollmentRefusal::UnknownCode => Words::new(
            "このコードは登録できませんでした。カードと見くらべてください。",
            "This code could not be used. Please compare it with the card.",
        ),
        EnrollmentRefusal::CardFull => Words::new(
            "このカードで登録できる人数に達しています。",
            "As many people as possible have joined with this card.",
        ),
        EnrollmentRefusal::CardRevoked => Words::new(
            "このカードや合言葉は、いまは使われていません。",
            "This card or phrase is no longer in use.",
        ),
        EnrollmentRefusal::CardReplaced => Words::new(
            "このカードの代わりに、新しいカードが発行されています。お手元にあれば、新しいカードのコードを入力してください。",
            "A new card was issued in place of this one. If you have it, please use the code on the new card.",
        ),
        EnrollmentRefusal::TooManyToday => Words::new(
            "本日の合言葉での登録は、受付数に達しました。明日もう一度お試しください。",
            "No more people can join with the phrase today. Please try again tomorrow.",
        ),
        EnrollmentRefusal::NotYet { from } => yorisoi_protocol::Eligibility::NotYet { from }.words(),
        EnrollmentRefusal::Ended { since } => yorisoi_protocol::Eligibility::Ended { since }.words(),
        EnrollmentRefusal::Other => Words::new("登録できませんでした。", "You could not be enrolled."),
    };
    Words::new(format!("{}{}", words.ja, ask.ja), format!("{} {}", words.en, ask.en))
}

fn place(error: &YorisoiError) -> Words {
    match error {
        YorisoiError::UnknownProgramme => Words::new(
            "このアプリでは使えないカードです。お住まいの市区町村のアプリかお確かめください。",
            "This app cannot use that card. Please check that it is the app of your municipality.",
        ),
        YorisoiError::ManifestMissing => Words::new(
            "はじめに一度、通信できる場所で開いてください。",
            "Please open this once where there is a connection.",
        ),
        YorisoiError::AlreadyEnrolled => {
            Words::new("すでに別の事業に登録されています。", "You are enrolled in another programme already.")
        }
        YorisoiError::ClockSuspect => Words::new(
            "スマートフォンの日付と時刻をご確認ください。通信できる場所では、このまま送れます。書いた内容は下書きに残せます。",
            "Please check the date and time of this phone. With a connection this works as it is. What you wrote can stay as a draft.",
        ),
        _ => Words::new(
            "はじめにカードのコードを登録してください。",
            "Please enter the code from your card first.",
        ),
    }
}

fn key(trouble: KeyTrouble) -> Words {
    match trouble {
        KeyTrouble::Locked => {
            Words::new("スマートフォンのロックを解除してください。", "Please unlock the phone.")
        }
        KeyTrouble::Failing => Words::new(
            "鍵を読み取れません。しばらくしてもう一度お試しください。",
            "The key cannot be read. Please try again later.",
        ),
        KeyTrouble::Missing => Words::new(
            "保存した内容を開く鍵がこのスマートフォンにありません。内容は消していません。",
            "The key to what is stored is not on this phone. Nothing was deleted.",
        ),
        KeyTrouble::Foreign => Words::new(
            "保存した内容は別のスマートフォンのものです。内容は消していません。",
            "What is stored belongs to another phone. Nothing was deleted.",
        ),
    }
}

fn too_many_photos(most: usize) -> Words {
    Words::new(format!("写真は{most}枚までです。"), format!("A message can have {most} photos at most."))
}

fn photo(error: &PhotoError) -> Words {
    match error {
        PhotoError::NotSupported { .. } => Words::new(
            "この形式の写真は使えません。JPEGの写真を選んでください。",
            "A photo of this kind cannot be used. Please choose a JPEG.",
        ),
        PhotoError::Broken(_) => Words::new(
            "写真のファイルが壊れています。別の写真を選んでください。",
            "The photo's file is broken. Please choose another.",
        ),
        PhotoError::TooLarge { .. } | PhotoError::TooWide { .. } => Words::new(
            "写真が大きすぎます。小さくしてから、もう一度お試しください。",
            "The photo is too large. Please make it smaller and try again.",
        ),
        PhotoError::SourceFailed(_) => {
            Words::new("写真を読み取れませんでした。", "The photo could not be read.")
        }
        PhotoError::TargetFailed(_) => {
            Words::new("写真を書き出せませんでした。", "The photo could not be written.")
        }
    }
}

fn store(error: &StoreError) -> Words {
    match error {
        StoreError::Newer { .. } => Words::new(
            "アプリを新しくしてください。内容は新しい版で保存されています。",
            "Please update the app. What is stored was written by a newer version.",
        ),
        StoreError::Damaged => Words::new(
            "保存した内容を読み取れません。内容は消していません。",
            "What is stored cannot be read. Nothing was deleted.",
        ),
        StoreError::Full => Words::new(
            "スマートフォンの空き容量がありません。空きを作ってから、もう一度お試しください。",
            "There is no room on the phone. Please make some and try again.",
        ),
        StoreError::Suspended | StoreError::KeysChanged => Words::new(
            "アプリを開きなおしてから、もう一度お試しください。",
            "Please open the app again and try once more.",
        ),
        StoreError::Busy | StoreError::Io | StoreError::NoRandomness => Words::new(
            "保存できませんでした。もう一度お試しください。",
            "It could not be stored. Please try again.",
        ),
        StoreError::NotFound => Words::new("見つかりませんでした。", "It was not found."),
        StoreError::NotConsented => consent_needed(),
    }
}

fn consent_needed() -> Words {
    Words::new("はじめに同意の内容をご確認ください。", "Please look at the consent first.")
}

fn network(error: TransportError) -> Words {
    match error {
        TransportError::Insecure => Words::new(
            "安全な接続ができませんでした。書いた内容はこのスマートフォンに残っています。",
            "A secure connection could not be made. What you wrote is kept on this phone.",
        ),
        _ => Words::new(
            "つながりませんでした。書いた内容はこのスマートフォンに残っています。つながるところで、もう一度お試しください。",
            "There is no connection. What you wrote is kept on this phone. Please try again where there is one.",
        ),
    }
}

fn server(code: ApiErrorCode) -> Words {
    match code {
        ApiErrorCode::TooMany => {
            Words::new("しばらくしてからもう一度お試しください。", "Please try again in a while.")
        }
        ApiErrorCode::UnknownDevice => Words::new(
            "このスマートフォンの登録が確認できません。カードのコードをもう一度入力してください。書いた内容はこのスマートフォンに残っていて、もう一度送られます。",
            "The server does not know this phone. Please enter the code on your card again. What you wrote is kept on this phone and is sent again.",
        ),
        _ => Words::new(
            "サーバーが受け付けられませんでした。書いた内容はこのスマートフォンに残っています。",
            "The server could not accept this. What you wrote is kept on this phone.",
        ),
    }
}
