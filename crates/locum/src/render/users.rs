//! Users.

use locum_node::api::{Status, UserDocument, UsersOutcome};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table},
    words,
};

/// Users by home and by who serves them.
pub(crate) fn summary(status: &Status, paint: Paint) -> String {
    let users = &status.users;
    let agree = match users.directories_agree {
        true => paint.tone(Tone::Good, "both directories agree"),
        false => paint.tone(Tone::Warn, "the directories differ, or one is not known"),
    };
    let title = paint.tone(Tone::Title, "Users");
    let mut text = format!("{title}  {}, mode {}, {agree}\n", words::number(users.total), users.mode);
    let count =
        |by: &std::collections::BTreeMap<String, u64>, name: &str| Cell::number(by.get(name).copied().unwrap_or(0));
    let mut rows = vec![vec![Cell::head("node"), Cell::head_right("at home"), Cell::head_right("served now")]];
    for node in &status.nodes {
        let name = &node.name;
        rows.push(vec![Cell::from(name), count(&users.by_home, name), count(&users.by_serving_node, name)]);
    }
    text += &table(&rows, "  ", usize::MAX, paint);
    if users.unassigned > 0 {
        text += &format!("  {} have no home\n", words::number(users.unassigned));
    }
    if users.unserved > 0 {
        let unserved = format!("{} are served by nobody", words::number(users.unserved));
        text += &format!("  {}\n", paint.tone(Tone::Bad, &unserved));
    }
    text
}

/// Users, a line each.
pub(crate) fn users(users: &[UserDocument], paint: Paint) -> String {
    let head = [
        Cell::head("user"),
        Cell::head("home"),
        Cell::head("served by"),
        Cell::head_right("weight"),
        Cell::head_right("class"),
    ];
    let row = |user: &UserDocument| {
        let served = match &user.served_by {
            Some(node) => Cell::from(node),
            None => Cell::new("nobody", Tone::Warn),
        };
        let home = user.home.as_deref().unwrap_or("none");
        vec![
            Cell::from(&user.user),
            home.into(),
            served,
            Cell::number(user.weight.into()),
            Cell::number(user.class.into()),
        ]
    };
    let rows = std::iter::once(Vec::from(head)).chain(users.iter().map(row)).collect::<Vec<_>>();
    table(&rows, "", usize::MAX, paint)
}

/// What became of a change.
pub(crate) fn users_outcome(outcome: &UsersOutcome) -> String {
    let UsersOutcome { changed, removed, revision } = outcome;
    let (changed, removed) = (words::number(*changed), words::number(*removed));
    format!("{changed} added or changed, {removed} removed; every node of the group has revision {revision}.")
}
