"""What a text is about, medically: its speciality, and the drugs and diseases it names."""
